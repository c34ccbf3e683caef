"""Which indicators a reader is shown: none of the company's own figures for a partner, no margin for an agent (G1)."""

from uuid import UUID

import pytest

from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.shorthand import at

SERVICE = "tiering"
ANN, PARTNER = UUID(int=1), UUID(int=77)
MARGIN = {"margin", "margin_rate"}
OWN_FIGURES = MARGIN | {
    *("outstanding", "arrears", "average_arrears", "arrears_rate", "collection_period"),
    *("tasks", "open_tasks", "overdue_tasks", "tasks_done_rate", "tasks_per_contact"),
}
HIDDEN = [("partner", OWN_FIGURES), ("agent", MARGIN), ("manager", set()), ("head", set()), ("analyst", set())]


@pytest.fixture
def headers_of(as_role):
    return lambda role: as_role(role, partner_id=PARTNER if role == "partner" else None, scopes=["tiers:read"])


async def sell_to_ann(database):
    reference = CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{PARTNER}", registered_at=at(1))
    await harness.deliver(database, subscriptions, [reference, placed(ANN, at(2), "100", cost="80")])


@pytest.mark.parametrize(("role", "hidden"), HIDDEN)
async def test_G1_the_list_of_indicators_names_those_the_reader_is_shown(client, headers_of, role, hidden):
    listed = (await client.get("/v1/indicators", headers=headers_of(role))).json()["items"]
    assert {indicator["code"] for indicator in listed} == set(INDICATORS) - hidden


@pytest.mark.parametrize(("role", "hidden"), HIDDEN)
async def test_G1_a_customers_indicators_are_those_the_reader_may_read(client, database, headers_of, role, hidden):
    await sell_to_ann(database)
    answer = await client.get(f"/v1/customers/{ANN}/indicators", headers=headers_of(role))
    assert {indicator["code"] for indicator in answer.json()["indicators"]} == set(INDICATORS) - hidden


@pytest.mark.parametrize(("role", "hidden"), HIDDEN)
async def test_G1_so_are_those_of_each_month(client, database, headers_of, role, hidden):
    await sell_to_ann(database)
    url, months = f"/v1/customers/{ANN}/indicators/months", {"from": "2026-02", "to": "2026-03"}
    answer = await client.get(url, params=months, headers=headers_of(role))
    assert [set(month["values"]) for month in answer.json()["items"]] == [set(INDICATORS) - hidden] * 2
