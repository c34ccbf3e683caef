"""What an agent reads of simulations and back-tests (G1): who moves and what they buy, no profit and no costs."""

import pytest

from tests.tiering_svc.events import placed
from tests.tiering_svc.reviews.policy_runs import (
    COSTS,
    CUSTOMERS,
    a_draft,
    deliver,
    month_ago,
    replayed,
    simulated,
    ten_customers,
)

SERVICE = "tiering"
READERS = [("agent", False), ("manager", True), ("analyst", True)]


@pytest.fixture
def read(client, as_role):
    async def read(role, path):
        answer = await client.get(path, headers=as_role(role, scopes=["tiers:read"]))
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read


@pytest.mark.parametrize(("role", "reads_it"), READERS)
async def test_G1_a_simulation_shows_profit_and_costs_to_who_answers_for_results(
    client, database, read, role, reads_it
):
    await ten_customers(database)
    policy = await a_draft(client, ("silver", "500"), lowest="basic")
    run = await simulated(client, database, policy, costs=COSTS)
    shown = await read(role, f"/v1/tier-policies/{policy}/simulations/{run['id']}")
    assert (shown["costs"] is not None) == reads_it
    assert any(cell["profit"] for cell in shown["matrix"]) == reads_it
    assert all((cell["profit_known_for"] is not None) == reads_it for cell in shown["matrix"])
    sides = [level[side] for level in shown["levels"] for side in ("before", "after")]
    assert any(side["profit"] for side in sides) == any(side["cost"] for side in sides) == reads_it
    assert [cell["revenue"] for cell in shown["matrix"]] == [cell["revenue"] for cell in run["matrix"]]


@pytest.mark.parametrize(("role", "reads_it"), READERS)
async def test_G1_a_back_test_shows_profit_to_who_answers_for_results(client, database, read, role, reads_it):
    await deliver(database, *(placed(customer, month_ago(2), "600", cost="400") for customer in CUSTOMERS))
    policy = await a_draft(client, ("gold", "550"), months=12)
    run = await replayed(client, database, policy, 2, 1)
    shown = await read(role, f"/v1/tier-policies/{policy}/back-tests/{run['id']}")
    levels = [level for month in shown["months"] for level in month["levels"]]
    assert all((level["profit_known_for"] is not None) == reads_it for level in levels)
    assert any(level["customers"] for level in levels)
    assert any(level["profit"] for level in levels) == reads_it
