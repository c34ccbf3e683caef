"""Who sees which customer, and what partners do not find: the chassis's words for it."""

from collections.abc import Callable, Collection
from typing import Annotated
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from shared.chassis import (
    Actor,
    Ports,
    allow,
    service_router,
    staff_only,
    visible_customer,
    visible_customer_in_path,
)
from shared.errors import DomainError, Kind
from shared.messaging import Database, Transaction
from tests import harness
from tests.shared.chassis import sample

Headers = Callable[..., dict[str, str]]
PARTNER, OTHER = uuid4(), uuid4()
CUSTOMER = UUID("0190a000-0000-7000-8000-0000000000c1")


async def list_sources(_: Transaction, customer_id: UUID) -> Collection[str] | None:
    """One customer is known, to the company and to one partner."""
    return {"crm", f"partner:{PARTNER}"} if customer_id == CUSTOMER else None


VisibleCustomer = Annotated[UUID, visible_customer_in_path(list_sources)]
router = service_router(prefix="/v1")


@router.get("/customers/{customer_id}", dependencies=[allow("customers:read")])
async def show_customer(customer_id: VisibleCustomer) -> UUID:
    return customer_id


@router.get("/margins", dependencies=[allow("customers:read"), staff_only])
async def list_margins() -> list[str]:
    return []


@pytest.fixture
def app(database: Database, keys: harness.Keys) -> FastAPI:
    settings = sample.Settings(database_url=database.url, keys=keys.directory, migrate=False)
    ports = Ports(database=database, running=False, logs=False, transport=harness.nowhere)
    return sample.create_app(settings, ports, routers=[router])


def test_a_partners_source_is_the_registrys_name_of_it_and_others_have_none() -> None:
    assert Actor("p", "partner", partner_id=PARTNER).source == f"partner:{PARTNER}"
    assert Actor("anna", "person").source is None
    assert Actor("tiering", "service").source is None


async def test_a_customer_is_visible_to_staff_and_to_the_partners_it_has_references_of(database: Database) -> None:
    async def see(actor: Actor, customer_id: UUID) -> UUID:
        return await database.run(lambda tx: visible_customer(tx, actor, customer_id, list_sources))

    everything = frozenset({"customers:all"})
    for actor in (Actor("anna", "person", scopes=everything), Actor("p", "partner", partner_id=PARTNER)):
        assert await see(actor, CUSTOMER) == CUSTOMER
        with pytest.raises(DomainError) as unknown:
            await see(actor, uuid4())
        assert (unknown.value.kind, unknown.value.code) == (Kind.NOT_FOUND, "customer_not_found")
    for other in (Actor("q", "partner", partner_id=OTHER), Actor("m", "person", frozenset({"manager"}))):
        with pytest.raises(DomainError) as foreign:
            await see(other, CUSTOMER)
        assert str(foreign.value) == str(unknown.value)  # nothing is learned from asking


async def test_a_route_below_a_customer_finds_only_what_is_the_actors_to_see(
    client: httpx.AsyncClient, as_role: Headers
) -> None:
    path = f"/v1/customers/{CUSTOMER}"
    assert (await client.get(path)).json() == str(CUSTOMER)
    assert (await client.get(path, headers=as_role("partner", partner_id=PARTNER))).status_code == 200
    foreign = await client.get(path, headers=as_role("partner", partner_id=OTHER))
    unknown = await client.get(f"/v1/customers/{uuid4()}", headers=as_role("partner", partner_id=OTHER))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()
    assert (await client.get("/v1/customers/nobody")).status_code == 404


async def test_what_is_for_staff_only_is_not_found_by_a_partner(client: httpx.AsyncClient, as_role: Headers) -> None:
    assert (await client.get("/v1/margins", headers=as_role("agent"))).status_code == 200
    hidden = await client.get("/v1/margins", headers=as_role("partner", partner_id=PARTNER))
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
    assert (await client.get("/v1/margins", headers={"Authorization": "none"})).status_code == 401


def test_the_contract_names_the_customer_in_the_path_once(app: FastAPI) -> None:
    (parameter,) = app.openapi()["paths"]["/v1/customers/{customer_id}"]["get"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["schema"]["format"]) == ("customer_id", "path", "uuid")
