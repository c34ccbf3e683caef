"""A customer can be used from the moment it is opened, at every service: nobody has to wait for an event.

The broker of this system delivers nothing until a test is over: what a service knows, it has pulled from the owners.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.messaging import Database
from shared.messaging.broker.interface import Message
from shared.messaging.inbox.timing import ConsumerTiming
from tests import harness
from tests.journeys.caller import Caller, a_line, ago, an_order, new_code
from tests.system import System
from tests.system import system as start_system

SERVICES = ("profile", "tiering", "complaint", "loyalty", "gateway")
NEVER = ConsumerTiming(reconcile_seconds=3600.0, watchdog_seconds=10.0, max_pause_seconds=0.2)
CASE = {"channel": "web", "category": "delivery", "what_happened": "It came broken."}


def lose(messages: Any) -> list[Message]:
    return []


@pytest.fixture(scope="module")
async def system(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[System]:
    async with start_system(databases, keys, timing=NEVER) as running:
        yield running


@pytest.fixture(autouse=True)
async def no_event_arrives(system: System, what_must_hold: None) -> AsyncIterator[None]:
    """Nothing is delivered while a test runs; afterwards everything is, and `what_must_hold` verifies the system."""
    system.broker.mangle = lose
    yield
    system.broker.mangle = lambda messages: messages
    for name in SERVICES:
        consumer = system.service(name).consumer
        assert consumer is not None
        await consumer.reconcile(in_full=True)
        await consumer.until_pulled()


async def open_file(caller: Caller, ref: str | None = None) -> str:
    """A prospect: somebody with a file, and nothing else."""
    facts: dict[str, Any] = {"kind": "person", "names": [{"name": "Eve Adams"}]}
    if ref is not None:
        facts["reference"] = {"source": "patron", "ref": ref}
    return str((await caller.post("/v1/customers", facts))["id"])


def uses(customer: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """What can be done with somebody whose file was just opened, by service."""
    nomination = {"customer_id": customer, "kinds": ["strategic"], "reason": "x", "evidence": [{"says": "y"}]}
    return {
        "complaint": ("/v1/complaints", CASE | {"customer": {"id": customer}}),
        "loyalty": (f"/v1/customers/{customer}/points/adjustments", {"points": 5, "reason": "welcome"}),
        "tiering": ("/v1/key-accounts/nominations", nomination),
    }


@pytest.mark.parametrize("service", ["complaint", "loyalty", "tiering"])
async def test_a_file_just_opened_can_be_used(admin: Caller, service: str) -> None:
    path, body = uses(await open_file(admin))[service]
    await admin.post(path, body)


@pytest.mark.parametrize("service", ["complaint", "loyalty", "tiering"])
async def test_a_file_of_a_reference_just_opened_can_be_used(admin: Caller, service: str) -> None:
    path, body = uses(await open_file(admin, new_code("P")))[service]
    await admin.post(path, body)


@pytest.mark.parametrize("service", ["complaint", "loyalty", "tiering"])
async def test_who_has_just_ordered_for_the_first_time_can_be_used(admin: Caller, service: str) -> None:
    order = await admin.place(new_code("W"), "900.00")
    path, body = uses(order["customer_id"])[service]
    await admin.post(path, body)


async def test_who_has_just_ordered_for_the_first_time_is_read_at_once(admin: Caller) -> None:
    order = await admin.place(new_code("W"), "900.00")
    customer = f"/v1/customers/{order['customer_id']}"
    assert (await admin.get(customer))["kind"] == "unknown"
    assert (await admin.get(f"{customer}/tier"))["tier"]
    assert (await admin.get(f"{customer}/points"))["balance"] == 900
    assert (await admin.get(f"{customer}/overview"))["orders"]["count"] == 1


async def test_T10_the_tier_of_a_first_order_is_overridden_at_once(admin: Caller) -> None:
    order = await admin.place(new_code("W"), "900.00", at=ago(days=2))
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    path = f"/v1/customers/{order['customer_id']}/tier/overrides"
    await admin.post(path, {"tier": "gold", "reason": "promised", "until": until})
    assert (await admin.get(f"/v1/customers/{order['customer_id']}/tier"))["tier"] == "gold"


async def test_L1_points_go_from_one_customer_just_opened_to_another(admin: Caller) -> None:
    sender, receiver = await open_file(admin), await open_file(admin)
    await admin.post(f"/v1/customers/{sender}/points/adjustments", {"points": 40, "reason": "welcome"})
    await admin.post(f"/v1/customers/{sender}/points/transfers", {"to": receiver, "points": 15, "reason": "family"})
    assert (await admin.get(f"/v1/customers/{sender}/points"))["balance"] == 25
    assert (await admin.get(f"/v1/customers/{receiver}/points"))["balance"] == 15


async def test_G2_intake_knows_a_file_that_profile_has_just_opened_itself(admin: Caller, system: System) -> None:
    """The file did not come through the gateway, so its registry has yet to hear of it."""
    ids = []
    for _ in range(3):
        facts = {"kind": "person", "names": [{"name": "Eve Adams"}]}
        opened = await system.clients["profile"].post("/v1/customers", json=facts)
        assert opened.status_code == 201, opened.text
        ids.append(opened.json()["id"])
    alone, listed, owing = ids
    await admin.post("/v1/orders", an_order("", [a_line(1, "10.00")]) | {"customer": {"id": alone}}, status=202)

    customers = [alone, listed, str(uuid4()), listed]
    orders = [an_order("", [a_line(1, "10.00")]) | {"customer": {"id": customer}} for customer in customers]
    answer = await admin.send(
        "POST", "/v1/orders:batch", content="\n".join(map(json.dumps, orders)),
        headers={"content-type": "application/x-ndjson"},
    )  # fmt: skip
    assert [line["status"] for line in lines_of(answer)] == [202, 202, 404, 202]
    assert lines_of(answer)[2]["code"] == "customer_not_found"

    owed = {"receivable_id": new_code("I"), "customer": {"id": owing}, "amount": "80.00"}
    await admin.post("/v1/receivables", owed | {"issued_on": "2026-01-10", "due_on": "2026-02-10"})


async def test_G1_a_partner_uses_its_customer_at_once_and_nobody_elses(admin: Caller) -> None:
    partners = []
    for _ in range(2):
        partner = await admin.post("/v1/partners", {"code": new_code("D"), "name": "A dealer"})
        key = await admin.post(f"/v1/partners/{partner['id']}/keys")
        partners.append(Caller(admin.system, {"Authorization": f"Bearer {key['secret']}"}))
    dealer, other = partners
    customer = (await dealer.place(new_code("C"), "30.00"))["customer_id"]
    path = f"/v1/customers/{customer}/points"
    assert (await dealer.get(path))["balance"] == 30
    await dealer.post("/v1/complaints", CASE | {"channel": "partner", "customer": {"id": customer}})
    assert (await other.get(path, expect=404)) == (await other.get(f"/v1/customers/{uuid4()}/points", expect=404))


async def test_one_request_under_an_idempotency_key_has_one_effect(admin: Caller) -> None:
    """The first try is undone as a whole, its claim on the key too."""
    customer = await open_file(admin)
    path = f"/v1/customers/{customer}/points/adjustments"
    body = {"points": 5, "reason": "welcome"}
    headers = {"Idempotency-Key": f"k-{customer}"}
    answers = [await admin.send("POST", path, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (await admin.get(f"/v1/customers/{customer}/points"))["balance"] == 5


async def test_who_was_never_opened_is_not_found(admin: Caller) -> None:
    for path, body in uses(str(uuid4())).values():
        await admin.refused(path, body, status=404, code="customer_not_found")


async def test_a_hundred_made_up_customers_at_once_are_refused_and_leave_no_trace(
    admin: Caller, system: System
) -> None:
    ids = [str(uuid4()) for _ in range(100)]
    answers = await asyncio.gather(*(admin.send("GET", f"/v1/customers/{id}/points") for id in ids))
    outcomes = Counter((answer.status_code, answer.json()["code"]) for answer in answers)
    # on a busy machine some may wait too long for their turn: these are not told that there is no such customer
    assert set(outcomes) <= {(404, "customer_not_found"), (503, "customer_not_known_yet")}, outcomes
    assert outcomes[404, "customer_not_found"] >= 8
    for name, database in system.databases.items():
        query = "select count(*) from stream_seen where key = any($1)"
        assert await count(database, query, ids) == 0, name


async def count(database: Database, query: str, ids: list[str]) -> int:
    rows: int = await database.run(lambda tx: tx.raw.fetchval(query, ids))
    return rows


@pytest.mark.parametrize("away", ["profile", "gateway"])
async def test_while_an_owner_is_away_nobody_is_said_not_to_exist(
    admin: Caller, system: System, away: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, made_up = await open_file(admin, new_code("P")), str(uuid4())
    with monkeypatch.context() as out:
        out.delitem(system.apps, away)  # for the other services; this caller speaks to the gateway's application itself
        for path, body in uses(made_up).values():
            answer = await admin.send("POST", path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (503, "customer_not_known_yet")
            assert int(answer.headers["retry-after"]) > 0
        for path, body in uses(opened).values():
            await admin.post(path, body)  # either owner's word is enough
    for path, body in uses(made_up).values():
        await admin.refused(path, body, status=404, code="customer_not_found")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_connection_that_breaks_around_the_commit_of_a_pull_loses_and_doubles_nothing(
    admin: Caller, system: System, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await admin.place(new_code("W"), "70.00")
    customer = order["customer_id"]
    inbox = system.service("loyalty").inbox
    apply = inbox.apply
    with monkeypatch.context() as broken:

        async def apply_or_break(received: Any) -> Any:
            if when == "after":
                await apply(received)
            raise ConnectionResetError

        broken.setattr(inbox, "apply", apply_or_break)
        answer = await admin.send("GET", f"/v1/customers/{customer}/points")
        if when == "after":
            assert answer.json()["balance"] == 70
        else:
            assert (answer.status_code, answer.json()["code"]) == (503, "customer_not_known_yet")
    assert (await admin.get(f"/v1/customers/{customer}/points"))["balance"] == 70


def lines_of(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]
