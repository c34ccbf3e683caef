"""Profit by level and margins by category are for those who answer for results (G1); a partner reads none of its
own."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed

SERVICE = "tiering"
ANN, PARTNER = UUID(int=1), new_id()
NOW = datetime.now(UTC).replace(microsecond=0)
STAFF = [("agent", None), ("manager", "13.00"), ("auditor", "13.00")]


@pytest.fixture
async def read(client, database, as_role):
    reference = CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{PARTNER}", registered_at=NOW)
    await harness.deliver(database, subscriptions, [reference, placed(ANN, NOW - timedelta(days=2), "70", cost="57")])

    async def read(role, path):
        headers = as_role(role, partner_id=PARTNER if role == "partner" else None, scopes=["tiers:read"])
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read


@pytest.mark.parametrize(("role", "profit"), STAFF)
async def test_G1_the_profit_of_a_level_is_for_who_answers_for_results(read, role, profit):
    levels = (await read(role, "/v1/pyramid"))["levels"]
    [basic] = [level for level in levels if level["customers"]]
    assert (basic["revenue"], basic["profit"]) == ("70.00", profit)
    assert (basic["profit_known_for"] is None) == (profit is None)


@pytest.mark.parametrize(("role", "margin"), [*STAFF, ("partner", None)])
async def test_G1_a_product_mix_is_shown_without_its_margin(read, role, margin):
    paths = [f"/v1/customers/{ANN}/product-mix"] + ([] if role == "partner" else ["/v1/composition/product-mix"])
    for path in paths:
        [category] = (await read(role, path))["categories"]
        assert (category["amount"], category["margin"]) == ("70.00", margin)
