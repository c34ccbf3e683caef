"""Simulations and back-tests (T9): tried on today's customers, replayed over the past; nothing is touched."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.core.domain.calendar import shift, spelled
from services.tiering_svc.reviews.handlers import review_batches
from services.tiering_svc.subscriptions import subscriptions
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.runs import Worker, broken_runs, ids, to_the_end
from tests.tiering_svc.shorthand import bands_document

SERVICE = "tiering"
NOW = datetime.now(UTC).replace(microsecond=0)
CUSTOMERS = ids(10)
COSTS = {
    "per_customer_year": {"gold": "100", "basic": "2.50"},
    "points_per_unit": "1",
    "value_of_a_point": "0.01",
    "multipliers": {"gold": "1.5", "platinum": "2"},
}


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


async def deliver(database, *events):
    return await harness.deliver(database, subscriptions, events)


async def a_draft(client, *bands: tuple[str, str], **more: Any) -> str:
    body = {"name": {"en": "Test", "zh": "测试"}, "document": bands_document(*bands, **more)}
    answer = await client.post("/v1/tier-policies", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def simulated(client, database, policy: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/v1/tier-policies/{policy}/simulations", json=body)
    assert answer.status_code == 202, answer.text
    await to_the_end(database, "simulation")
    return (await client.get(f"/v1/tier-policies/{policy}/simulations/{answer.json()['id']}")).json()


async def movers_of(client, run: dict[str, Any], **filters: Any) -> list[dict[str, Any]]:
    url = f"/v1/tier-policies/{run['policy']['id']}/simulations/{run['id']}/movers"
    movers: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": None}
    while True:
        cursor = {} if page["next"] is None else {"cursor": page["next"]}
        page = (await client.get(url, params={"limit": 4} | filters | cursor)).json()
        movers += page["items"]
        if page["next"] is None:
            return movers


async def ten_customers(database) -> None:
    """100 to 1,000 a customer: by the policy in force, from 800 on silver."""
    await deliver(database, *(placed(c, ago(20), str(100 * n), cost=str(60 * n)) for n, c in enumerate(CUSTOMERS, 1)))


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


async def a_key_account(database, customer: UUID, class_: str, kinds: list[str]) -> None:
    """Since ten days ago; how it was nominated is not looked at here."""

    async def put(tx):
        await tx.raw.execute("set local session_replication_role = replica")
        await tx.raw.execute(
            """insert into account_class (class_id, customer_id, class, kinds, effective, recorded_at)
               values (gen_random_uuid(), $1, $2, $3, tstzrange($4, null), $4)""",
            *(customer, class_, kinds, ago(10)),
        )

    await database.run(put)


async def test_T9_key_accounts_among_the_movers_are_told(client, database):
    await ten_customers(database)
    await a_key_account(database, CUSTOMERS[9], "key", ["strategic"])
    await a_key_account(database, CUSTOMERS[8], "excluded", [])
    policy = await a_draft(client, ("silver", "500"), ("gold", "900"), ("platinum", "5000"), lowest="basic")
    run = await simulated(client, database, policy)
    assert run["key_accounts"] == {"up": 1}
    [mover] = await movers_of(client, run, key_accounts=True)
    assert (UUID(mover["customer_id"]), mover["key_account"]) == (CUSTOMERS[9], ["strategic"])
    assert len(await movers_of(client, run, key_accounts=False)) == 4
    earlier = await simulated(client, database, policy, as_of=ago(15).isoformat())
    assert (earlier["key_accounts"], earlier["outcomes"]["up"]) == ({}, 5)


async def test_T9_the_simulated_list_is_that_of_the_later_review(client, database, as_role, monkeypatch):
    """Orders arrive and tiers rise in between: they are listed the same, and left alone where they have moved on."""
    await ten_customers(database)
    policy = await a_draft(client, ("silver", "500"), ("gold", "900"), ("platinum", "5000"), lowest="basic")
    run = await simulated(client, database, policy, as_of=ago(1).isoformat())
    then = [(UUID(m["customer_id"]), m["outcome"], m["from_tier"], m["to_tier"], m["graded"])
            for m in await movers_of(client, run)]  # fmt: skip
    activated = await client.post(f"/v1/tier-policies/{policy}/activation", headers=as_role("head"))
    assert activated.status_code == 200, activated.text
    later = NOW + timedelta(seconds=2)
    [rise] = await harness.deliver(
        database, subscriptions, [placed(CUSTOMERS[4], NOW, "900")], recorded_at=datetime.now(UTC)
    )
    assert rise.tier == "gold"
    late = await harness.deliver(
        database, subscriptions, [placed(CUSTOMERS[0], ago(5), "2000")], recorded_at=datetime.now(UTC)
    )
    assert [event.tier for event in late] == ["gold"]
    body = {"as_of": run["as_of"], "known_at": run["known_at"]}
    answer = await client.post("/v1/evaluations", json=body)
    assert answer.status_code == 202, later
    await to_the_end(database)
    real = (await client.get(f"/v1/evaluations/{answer.json()['id']}")).json()
    assert (real["result"], real["outcomes"]) == ("applied", run["outcomes"])
    items = (await client.get(f"/v1/evaluations/{real['id']}/movers")).json()["items"]
    assert [(UUID(m["customer_id"]), m["outcome"], m["from_tier"], m["to_tier"], m["graded"]) for m in items] == then
    assert [UUID(m["customer_id"]) for m in items if not m["applied"]] == [CUSTOMERS[4]]
    assert real["applied"] == {"up": 4}
    tiers = [(await client.get(f"/v1/customers/{c}/tier")).json()["tier"] for c in CUSTOMERS]
    assert tiers == ["gold", "basic", "basic", "basic", "gold", "silver", "silver", "silver", "gold", "gold"]


async def test_T9_a_policy_that_is_not_in_force_only_shows(client, database):
    await ten_customers(database)
    policy = await a_draft(client, ("silver", "500"), lowest="basic")
    answer = await client.post("/v1/evaluations", json={"policy": {"id": policy, "version": 1}})
    assert answer.json()["simulated_because"] == "policy_not_in_force"


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


# --- back-tests ---


def month_ago(n: int) -> datetime:
    """The tenth of the month so many months ago."""
    first = shift(NOW.date().replace(day=1), -n)
    return datetime(first.year, first.month, 10, 12, tzinfo=UTC)


async def replayed(client, database, policy: str, first: int, last: int, **more: Any) -> dict[str, Any]:
    body = {"from": spelled(month_ago(first).date()), "to": spelled(month_ago(last).date())} | more
    answer = await client.post(f"/v1/tier-policies/{policy}/back-tests", json=body)
    assert answer.status_code == 202, answer.text
    await to_the_end(database, "policy_back_test")
    return (await client.get(f"/v1/tier-policies/{policy}/back-tests/{answer.json()['id']}")).json()


async def test_T9_a_back_test_replays_month_ends_and_tells_who_moved_back(client, database, announced):
    ann, bob = CUSTOMERS[:2]
    await deliver(database, *(placed(ann, month_ago(n), "600") for n in (6, 4)), placed(bob, month_ago(5), "100"))
    before = len(await announced())
    policy = await a_draft(client, ("gold", "550"), months=1, grace_months=0)
    run = await replayed(client, database, policy, 6, 2)
    assert (run["status"], run["progress"]["done"]) == ("done", 2)
    outcomes = [month["outcomes"] for month in run["months"]]
    # ann: gold in the first month, silver in the second, gold, silver, silver; bob is placed in the second month
    assert outcomes == [{"placed": 1}, {"down": 1, "placed": 1}, {"up": 1}, {"down": 1}, {}]
    stability = [(m["stability"]["moved"], m["stability"]["moved_back"]) for m in run["months"]]
    assert stability == [(0, 0), (1, 1), (1, 1), (1, 0), (0, 0)]
    assert run["months"][1]["stability"]["share_moved_back"] == "100.0"
    assert [m["stability"]["months_watched"] for m in run["months"]] == [3, 3, 2, 1, 0]
    gold = [next(level for level in m["levels"] if level["tier"] == "gold") for m in run["months"]]
    assert [(level["customers"], Decimal(level["revenue"])) for level in gold] == [
        (1, 600),
        (0, 0),
        (1, 600),
        (0, 0),
        (0, 0),
    ]
    url = f"/v1/tier-policies/{policy}/back-tests/{run['id']}/movers"
    [mover] = (await client.get(url, params={"outcome": "up"})).json()["items"]
    assert mover == {
        "month": spelled(month_ago(4).date()), "customer_id": str(ann), "outcome": "up", "from_tier": "silver",
        "to_tier": "gold", "moved_back_in": spelled(month_ago(3).date()),
    }  # fmt: skip
    page = (await client.get(url, params={"limit": 2})).json()
    rest = (await client.get(url, params={"limit": 2, "cursor": page["next"]})).json()["items"]
    assert [m["outcome"] for m in (*page["items"], *rest)] == ["placed", "down", "placed", "up"]
    assert len(await announced()) == before


async def test_T9_a_back_test_knows_then_or_now(client, database):
    ann = CUSTOMERS[0]
    order = placed(ann, month_ago(3), "600")
    await deliver(database, order, returned(order, month_ago(1)))
    policy = await a_draft(client, ("gold", "550"), months=1)
    known_now = await replayed(client, database, policy, 3, 2)
    assert known_now["months"][0]["outcomes"] == {}
    known_then = await replayed(client, database, policy, 3, 2, known="then")
    assert known_then["months"][0]["outcomes"] == {"placed": 1}


async def test_T5_a_back_test_cuts_each_month_by_its_own_customers(client, database, monkeypatch):
    monkeypatch.setattr(review_batches, "INDIVIDUAL", 3)
    steps = [(c, n) for n, c in enumerate(CUSTOMERS, 1)]
    await deliver(database, *(placed(c, month_ago(3), str(10 * n)) for c, n in steps),
               *(placed(c, month_ago(2), str(10 * (11 - n))) for c, n in steps))  # fmt: skip
    body = bands_document(("a", "1"), lowest="c", months=1, grace_months=0)
    body = {key: body[key] for key in ("levels", "indicator", "window", "life")} | {
        "kind": "abc",
        "abc": {"by": "customers", "shares": [{"tier": "a", "percent": "20"}, {"tier": "c", "percent": "80"}]},
    }
    answer = await client.post("/v1/tier-policies", json={"name": {"en": "T", "zh": "测"}, "document": body})
    run = await replayed(client, database, answer.json()["id"], 3, 2)
    assert [[Decimal(c["from"]) for c in m["cutoffs"]] for m in run["months"]] == [[90], [90]]
    assert [m["outcomes"] for m in run["months"]] == [{"placed": 10}, {"up": 2, "down": 2}]


async def test_T9_a_back_test_is_refused_or_cancelled(client, database):
    policy = await a_draft(client, ("gold", "550"))
    url = f"/v1/tier-policies/{policy}/back-tests"
    for body, code, pointer in (
        ({"from": "2026-02", "to": "2026-01"}, "ends_before_it_begins", "/to"),
        ({"from": "2026-01", "to": spelled(NOW.date())}, "in_the_future", "/to"),
        ({"from": "1990-01", "to": "2025-01"}, "too_many_months", "/from"),
    ):
        answer = await client.post(url, json=body)
        assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (
            422,
            code,
            pointer,
        )
    started = (await client.post(url, json={"from": "2025-01", "to": "2025-02"})).json()
    cancelled = (await client.post(f"{url}/{started['id']}/cancellation")).json()
    assert cancelled["status"] == "cancelled"
    assert not await Worker(database).advance("policy_back_test")
    assert (await client.post(f"{url}/{started['id']}/cancellation")).status_code == 409


# --- crashes and replicas ---


class Crash(Exception):
    pass


@pytest.mark.parametrize("what", ["simulation", "back-test"])
async def test_T9_killed_in_the_middle_it_goes_on_and_counts_nobody_twice(client, database, monkeypatch, what):
    """Each transaction in turn dies just before its commit; what comes out is the same as without."""
    monkeypatch.setattr(review_batches, "BATCH", 3)
    monkeypatch.setattr(review_batches, "INDIVIDUAL", 3)
    await ten_customers(database)
    policy = await a_draft(client, ("silver", "500"), ("gold", "900"), lowest="basic")
    original, died, draw = database.run, list[bool](), Random(7)

    async def dying_run(work, **more):
        async def then_die(tx):
            result = await work(tx)
            if draw.random() < 0.3:
                died.append(True)
                raise Crash
            return result

        return await original(then_die, **more)

    async def worked() -> None:
        monkeypatch.setattr(database, "run", dying_run)
        worker = Worker(database)
        for _ in range(200):
            try:
                if not await worker.advance("policy_back_test" if what == "back-test" else "simulation"):
                    break
            except Crash:
                continue
        monkeypatch.setattr(database, "run", original)

    url = f"/v1/tier-policies/{policy}/{what}s"
    body = {} if what == "simulation" else {"from": spelled(month_ago(2).date()), "to": spelled(month_ago(1).date())}
    run = (await client.post(url, json=body)).json()
    await worked()
    assert len(died) > 3
    result = (await client.get(f"{url}/{run['id']}")).json()
    assert (result["finished_at"] is not None, result["progress"]["done"]) == (True, 10)
    if what == "simulation":
        assert sum(cell["customers"] for cell in result["matrix"]) == 10
        assert result["outcomes"] == {"placed": 10}
    else:
        assert all(sum(level["customers"] for level in m["levels"]) in (0, 10) for m in result["months"])
    assert await broken_runs(database) == []


async def test_T10_two_replicas_at_once_decide_everybody_once(client, database, monkeypatch):
    monkeypatch.setattr(review_batches, "BATCH", 2)
    await ten_customers(database)
    policy = await a_draft(client, ("silver", "500"), ("gold", "900"), lowest="basic")
    run = (await client.post(f"/v1/tier-policies/{policy}/simulations")).json()
    await asyncio.gather(*(to_the_end(database, "simulation") for _ in range(3)))
    result = (await client.get(f"/v1/tier-policies/{policy}/simulations/{run['id']}")).json()
    assert (result["status"], result["progress"]["done"]) == ("done", 10)
    assert sum(cell["customers"] for cell in result["matrix"]) == 10
