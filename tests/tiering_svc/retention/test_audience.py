"""What an agent and a partner read of retention (G1): no margin, and nothing of what customers cost."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.retention.test_lifetime_value_runs import a_run, buying

SERVICE = "tiering"
ANN, PARTNER = UUID(int=1), new_id()
NOW = datetime.now(UTC).replace(microsecond=0)
READERS = [("agent", False), ("manager", True), ("analyst", True)]


@pytest.fixture
def read(client, as_role):
    async def read(role: str, path: str, **query: str) -> dict[str, Any]:
        headers = as_role(role, partner_id=PARTNER if role == "partner" else None, scopes=["tiers:read"])
        answer = await client.get(path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read


@pytest.mark.parametrize(("role", "reads_it"), READERS)
async def test_G1_what_lost_customers_earned_is_for_who_answers_for_results(read, database, role, reads_it):
    await harness.deliver(database, subscriptions, [placed(ANN, NOW - timedelta(days=200), "70", cost="57")])
    lost = await read(role, "/v1/retention/lost")
    [customer] = lost["items"]
    shown = ("13.00", "70.00") if reads_it else (None, None)
    assert (customer["profit_lost"], customer["profit_known_for"]) == shown
    assert (lost["totals"]["profit_lost"], lost["totals"]["profit_known_for"]) == shown
    assert lost["totals"]["profit_unknown"] == (0 if reads_it else None)
    assert (customer["amount"], lost["totals"]["customers"]) == ("70.00", 1)


@pytest.mark.parametrize(("role", "reads_it"), READERS)
async def test_G1_what_customers_cost_is_for_who_answers_for_results(client, read, database, as_role, role, reads_it):
    await harness.deliver(database, subscriptions, [placed(ANN, NOW, "70")])
    cost = {"month": f"{NOW:%Y-%m}", "purpose": "win", "channel": "ads", "amount": "31"}
    assert (await client.post("/v1/retention/costs", json=cost)).status_code == 201
    present = (await read(role, "/v1/retention"))["periods"][-1]
    assert (present["new"], present["cost_to_win"]) == (1, "31.00" if reads_it else None)
    listed = await client.get("/v1/retention/costs", headers=as_role(role, scopes=["tiers:read"]))
    assert listed.status_code == (200 if reads_it else 403)
    assert reads_it or listed.json()["code"] == "costs_not_readable"


@pytest.mark.parametrize(("role", "reads_it"), [*READERS, ("partner", False)])
async def test_G1_a_lifetime_value_is_shown_without_its_margin(client, read, database, role, reads_it):
    reference = CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{PARTNER}", registered_at=NOW)
    await harness.deliver(database, subscriptions, [*buying(), reference])
    run = await a_run(client, database)
    shown = await read(role, f"/v1/customers/{ANN}/lifetime-value")
    assert (shown["value"]["margin_rate"] is not None, shown["value"]["expected_margin"] is not None) == (
        reads_it, reads_it,
    )  # fmt: skip
    assert ("margin" in shown["words"].lower()) == reads_it
    assert "of revenue are expected" in shown["words"]
    if role != "partner":
        listed = (await read(role, f"/v1/lifetime-value/runs/{run['id']}/customers"))["items"]
        assert any(value["expected_margin"] for value in listed) == reads_it
