"""Simulations (T9): a policy tried on today's customers, of whom nobody is touched."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.reviews.policy_runs import (
    COSTS,
    CUSTOMERS,
    NOW,
    a_class,
    a_draft,
    ago,
    movers_of,
    simulated,
    ten_customers,
)
from tests.tiering_svc.runs import Worker, to_the_end

SERVICE = "tiering"


async def test_T9_a_simulation_shows_who_moves_what_they_bring_and_what_it_costs(client, database, announced):
    await ten_customers(database)
    before = len(await announced())
    policy = await a_draft(
        client, ("silver", "500"), ("gold", "900"), ("platinum", "5000"), lowest="basic", grace_months=0
    )
    run = await simulated(client, database, policy, costs=COSTS)
    assert (run["status"], run["progress"]["done"], run["outcomes"]) == ("done", 10, {"kept": 5, "up": 5})
    by_cell = {(c["from_tier"], c["to_tier"]): c for c in run["matrix"]}
    assert {key: c["customers"] for key, c in by_cell.items()} == {
        ("basic", "basic"): 4, ("basic", "silver"): 3, ("silver", "silver"): 1, ("silver", "gold"): 2,
    }  # fmt: skip
    assert Decimal(by_cell["silver", "gold"]["revenue"]) == 1900
    assert Decimal(by_cell["silver", "gold"]["profit"]) == 1900 - 60 * 19
    levels = {level["tier"]: level for level in run["levels"]}
    assert [level["tier"] for level in run["levels"]] == ["platinum", "gold", "silver", "basic"]
    assert (levels["gold"]["before"]["customers"], levels["gold"]["after"]["customers"]) == (0, 2)
    # before: 7 in basic, 3 in silver; after: 4 in basic, 2 in gold with half as many points again on 1,900
    assert Decimal(run["costs"]["before"]) == 7 * Decimal("2.5")
    assert Decimal(run["costs"]["after"]) == 4 * Decimal("2.5") + 2 * 100 + 1900 * Decimal("0.5") * Decimal("0.01")
    assert Decimal(run["costs"]["difference"]) == Decimal(run["costs"]["after"]) - Decimal(run["costs"]["before"])
    movers = await movers_of(client, run)
    assert [(UUID(m["customer_id"]), m["from_tier"], m["to_tier"]) for m in movers] == [
        (CUSTOMERS[4], "basic", "silver"), (CUSTOMERS[5], "basic", "silver"), (CUSTOMERS[6], "basic", "silver"),
        (CUSTOMERS[8], "silver", "gold"), (CUSTOMERS[9], "silver", "gold"),
    ]  # fmt: skip
    assert len(await movers_of(client, run, to_tier="gold")) == 2
    assert await movers_of(client, run, outcome="down") == []
    assert len(await announced()) == before
    assert (await client.get(f"/v1/customers/{CUSTOMERS[9]}/tier")).json()["tier"] == "silver"


async def test_T9_key_accounts_among_the_movers_are_told(client, database):
    await ten_customers(database)
    await a_class(database, CUSTOMERS[9], "key", ["strategic"], since=ago(10))
    await a_class(database, CUSTOMERS[8], "excluded", [], since=ago(10))
    policy = await a_draft(client, ("silver", "500"), ("gold", "900"), ("platinum", "5000"), lowest="basic")
    run = await simulated(client, database, policy)
    assert (run["key_accounts"], run["excluded"]) == ({"up": 1}, {"up": 1})
    [mover] = await movers_of(client, run, key_accounts=True)
    assert (UUID(mover["customer_id"]), mover["key_account"]) == (CUSTOMERS[9], ["strategic"])
    assert len(await movers_of(client, run, key_accounts=False)) == 4
    [excluded] = await movers_of(client, run, excluded=True)
    assert (UUID(excluded["customer_id"]), excluded["key_account"]) == (CUSTOMERS[8], None)
    assert [m["excluded"] for m in await movers_of(client, run, excluded=False)] == [False] * 4
    earlier = await simulated(client, database, policy, as_of=ago(15).isoformat())
    assert (earlier["key_accounts"], earlier["outcomes"]["up"]) == ({}, 5)


async def test_T9_the_simulated_list_is_that_of_the_later_review(client, database, as_role, monkeypatch):
    """Orders arrive and tiers rise in between: they are listed the same, and take their place in each life."""
    await ten_customers(database)
    policy = await a_draft(client, ("silver", "500"), ("gold", "900"), ("platinum", "5000"), lowest="basic")
    run = await simulated(client, database, policy, as_of=ago(1).isoformat())
    then = [(UUID(m["customer_id"]), m["outcome"], m["from_tier"], m["to_tier"], m["graded"])
            for m in await movers_of(client, run)]  # fmt: skip
    activated = await client.post(f"/v1/tier-policies/{policy}/activation", headers=as_role("head"))
    assert activated.status_code == 200, activated.text
    # after the activation 500 + 900 are gold at once; the review the day before finds 500, and raises to silver
    [rise] = await harness.deliver(
        database, subscriptions, [placed(CUSTOMERS[4], datetime.now(UTC), "900")], recorded_at=datetime.now(UTC)
    )
    assert rise.tier == "gold"
    # late orders, graded by the policy of their day (gold from 2,400): the review finds these two in gold already
    late = [placed(CUSTOMERS[0], ago(5), "2300"), placed(CUSTOMERS[8], ago(5), "1500")]
    rises = await harness.deliver(database, subscriptions, late, recorded_at=datetime.now(UTC))
    assert [event.tier for event in rises] == ["gold", "gold"]
    body = {"as_of": run["as_of"], "known_at": run["known_at"]}
    answer = await client.post("/v1/evaluations", json=body)
    assert answer.status_code == 202, answer.text
    await to_the_end(database)
    real = (await client.get(f"/v1/evaluations/{answer.json()['id']}")).json()
    assert (real["result"], real["outcomes"]) == ("applied", run["outcomes"])
    items = (await client.get(f"/v1/evaluations/{real['id']}/movers")).json()["items"]
    assert [(UUID(m["customer_id"]), m["outcome"], m["from_tier"], m["to_tier"], m["graded"]) for m in items] == then
    # what was decided takes effect in its place also where the customer rose since; not where it comes out otherwise
    # by all facts: customer 8 had been in gold before the review
    assert [UUID(m["customer_id"]) for m in items if not m["applied"]] == [CUSTOMERS[8]]
    assert real["applied"] == {"up": 4}
    history = (await client.get(f"/v1/customers/{CUSTOMERS[4]}/tier/history")).json()
    assert sorted(row["tier"] for row in history["items"]) == ["basic", "gold", "silver"]
    tiers = [(await client.get(f"/v1/customers/{c}/tier")).json()["tier"] for c in CUSTOMERS]
    assert tiers == ["gold", "basic", "basic", "basic", "gold", "silver", "silver", "silver", "gold", "gold"]


async def test_T9_a_policy_that_is_not_in_force_only_shows(client, database):
    await ten_customers(database)
    policy = await a_draft(client, ("silver", "500"), lowest="basic")
    answer = await client.post("/v1/evaluations", json={"policy": {"id": policy, "version": 1}})
    assert answer.json()["simulated_because"] == "policy_not_in_force"


@pytest.mark.parametrize("runs", ["simulations", "back-tests"])
async def test_T9_a_policy_that_is_not_there_has_no_list_of_runs(client, runs):
    answer = await client.get(f"/v1/tier-policies/{UUID(int=7)}/{runs}")
    assert (answer.status_code, answer.json()["code"]) == (404, "rule_set_not_found")


async def test_T9_a_simulation_can_be_cancelled_and_another_policy_has_it_not(client, database, as_role):
    policy, other = await a_draft(client, ("gold", "500")), await a_draft(client, ("gold", "600"))
    run = (await client.post(f"/v1/tier-policies/{policy}/simulations")).json()
    url = f"/v1/tier-policies/{policy}/simulations/{run['id']}"
    foreign = await client.get(f"/v1/tier-policies/{other}/simulations/{run['id']}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "simulation_not_found")
    assert (await client.post(f"{url}/cancellation", headers=as_role("agent"))).status_code == 403
    cancelled = (await client.post(f"{url}/cancellation")).json()
    assert (cancelled["status"], cancelled["cancelled_by"]) == ("cancelled", "admin-1")
    again = await client.post(f"{url}/cancellation")
    assert (again.status_code, again.json()["code"]) == (409, "already_finished")
    assert not await Worker(database, None).advance("simulation")
    runs = (await client.get(f"/v1/tier-policies/{policy}/simulations")).json()["items"]
    assert [listed["id"] for listed in runs] == [run["id"]]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"costs": {"per_customer_year": {"diamond": "1"}}}, "unknown_tier", "/costs/per_customer_year/diamond"),
        ({"as_of": (NOW + timedelta(hours=1)).isoformat()}, "in_the_future", "/as_of"),
        ({"known_at": (NOW + timedelta(hours=1)).isoformat()}, "in_the_future", "/known_at"),
    ],
)
async def test_T9_what_cannot_be_simulated_is_refused(client, database, body, code, pointer):
    policy = await a_draft(client, ("gold", "500"))
    answer = await client.post(f"/v1/tier-policies/{policy}/simulations", json=body)
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (422, code, pointer)
    assert (await client.get(f"/v1/tier-policies/{policy}/simulations")).json()["items"] == []
    unknown = await client.post(f"/v1/tier-policies/{policy}/simulations", json={"version": 7})
    assert unknown.status_code == 404
