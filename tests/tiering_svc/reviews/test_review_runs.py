"""Review runs (T10): they wait for intake, decide everybody once, survive a crash anywhere; history stays closed."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.policies.domain.defaults import ABC_BY_CUSTOMERS, ABC_BY_REVENUE, STARS
from services.tiering_svc.reviews.handlers import run_steps
from services.tiering_svc.subscriptions import subscriptions
from shared.events import ReviewApplied, TierChanged
from shared.jobs import runner
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.runs import Worker, as_if_always_in_force
from tests.tiering_svc.shorthand import bands_document

SERVICE = "tiering"
NOW = datetime.now(UTC).replace(microsecond=0)
ANN = UUID(int=1)


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


class Intake:
    """Stands in for the gateway's heads, two streams a page."""

    def __init__(self, **heads: int) -> None:
        self.heads = {str(UUID(int=int(key[1:]))): seq for key, seq in heads.items()}
        self.requests = 0
        self.settled = True

    async def get(self, service: str, path: str, query: Any) -> Any:
        assert (service, path) == ("gateway", "/internal/streams/patron.intake/heads")
        self.requests += 1
        page = [{"key": key, "seq": seq} for key, seq in sorted(self.heads.items()) if key > query["after"]]
        return {"settled": self.settled, "heads": page[: run_steps.PAGE_SIZE]}


async def deliver(database, *events):
    return await harness.deliver(database, subscriptions, events)


async def run_to_the_end(database, intake: Intake | None = None) -> None:
    await Worker(database, (intake or Intake()).get).to_the_end("review")


async def reviewed(client, database, as_of: datetime, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/evaluations", json={"as_of": as_of.isoformat()} | more)
    assert answer.status_code == 202, answer.text
    await run_to_the_end(database)
    return (await client.get(f"/v1/evaluations/{answer.json()['id']}")).json()


async def activate(client, database, as_role, policy_id: UUID, *, always: bool = False) -> None:
    """`always`: as if it had graded the past, too, where nothing was ordered before."""
    answer = await client.post(f"/v1/tier-policies/{policy_id}/activation", headers=as_role("head"))
    assert answer.status_code == 200, answer.text
    if always:
        await as_if_always_in_force(database)


async def activate_bands(
    client, database, as_role, *bands: tuple[str, str], always: bool = True, **more: Any
) -> UUID:  # fmt: skip
    body = {"name": {"en": "Test", "zh": "测试"}, "document": bands_document(*bands, **more)}
    policy_id = UUID((await client.post("/v1/tier-policies", json=body)).json()["id"])
    await activate(client, database, as_role, policy_id, always=always)
    return policy_id


async def tier_of(client, customer: UUID = ANN) -> tuple[str, str]:
    tier = (await client.get(f"/v1/customers/{customer}/tier")).json()
    return tier["tier"], tier["kind"]


async def test_T10_a_review_waits_until_everything_accepted_is_counted(client, database):
    await deliver(database, placed(ANN, ago(3), "900"))
    started = (await client.post("/v1/evaluations", json={})).json()
    url = f"/v1/evaluations/{started['id']}"
    assert (started["status"], started["phase"]) == ("waiting", "beginning")
    intake = Intake(c1=2, c2=0)
    worker = Worker(database, intake.get)
    assert await worker.advance("review")
    assert (await client.get(url)).json()["phase"] == "collecting"
    assert await worker.advance("review")
    assert not await worker.advance("review")
    assert (await client.get(url)).json()["phase"] == "catching_up"
    await deliver(database, placed(ANN, ago(2), "100"))
    await run_to_the_end(database, intake)
    run = (await client.get(url)).json()
    assert (run["result"], run["progress"]["done"], run["outcomes"]) == ("applied", 1, {"kept": 1})
    assert run["status"] == "done"


async def test_T10_a_blocked_stream_does_not_hold_up_everybody_else(client, database):
    await deliver(database, placed(ANN, ago(3), "900"))
    await client.post("/v1/evaluations", json={})
    intake = Intake(c1=5)
    worker = Worker(database, intake.get)
    assert await worker.advance("review")
    assert await worker.advance("review")
    assert not await worker.advance("review")
    await database.run(lambda tx: tx.raw.execute("update stream_seen set blocked_at = now()"))
    await run_to_the_end(database, intake)
    assert (await client.get("/v1/evaluations")).json()["items"][0]["result"] == "applied"


async def test_T10_heads_come_in_pages(client, database, monkeypatch):
    monkeypatch.setattr(run_steps, "PAGE_SIZE", 2)
    intake = Intake(c1=0, c2=0, c3=0, c4=0, c5=0)
    await client.post("/v1/evaluations", json={})
    await run_to_the_end(database, intake)
    assert intake.requests == 3


async def test_T10_down_only_at_review_after_the_grace_period(client, database, as_role, announced):
    await activate_bands(client, database, as_role, ("gold", "550"), months=1)
    await deliver(database, placed(ANN, ago(80), "600"))
    assert await tier_of(client) == ("gold", "first")
    first = await reviewed(client, database, ago(35), apply=True)
    assert first["outcomes"] == {"grace": 1}
    tier = (await client.get(f"/v1/customers/{ANN}/tier")).json()
    assert datetime.fromisoformat(tier["below_since"]) == ago(35)
    second = await reviewed(client, database, ago(20))
    assert second["outcomes"] == {"grace": 1}
    third = await reviewed(client, database, NOW)
    assert third["outcomes"] == {"down": 1}
    assert await tier_of(client) == ("silver", "downgrade")
    [mover] = (await client.get(f"/v1/evaluations/{third['id']}/movers")).json()["items"]
    assert mover == {
        "customer_id": str(ANN),
        "customer_name": None,
        "outcome": "down",
        "from_tier": "gold",
        "to_tier": "silver",
        "graded": "silver",
        "applied": True,
    }
    changes = [event for event in await announced() if isinstance(event, TierChanged)]
    assert [(c.kind, c.effective_from) for c in changes] == [("first", ago(80)), ("downgrade", NOW)]
    assert str(changes[-1].run_id) == third["id"]
    applied = [event for event in await announced() if isinstance(event, ReviewApplied)]
    assert [(e.customers, e.up, e.down) for e in applied] == [(1, 0, 0), (1, 0, 0), (1, 0, 1)]
    words = (await client.get(f"/v1/customers/{ANN}/tier/explanation")).json()["words"]
    assert "lowered by a review after the grace period" in words
    assert await broken_invariants(database) == []


async def test_T10_before_the_last_review_it_only_shows_what_would_be(client, database, announced):
    await deliver(database, placed(ANN, ago(20), "900"))
    await reviewed(client, database, ago(2))
    before = len(await announced())
    run = await reviewed(client, database, ago(5))
    assert (run["result"], run["simulated_because"]) == ("simulated", "before_the_last_review")
    tried = await reviewed(client, database, NOW, apply=False)
    assert (tried["result"], tried["simulated_because"]) == ("simulated", "not_asked_to_apply")
    assert len(await announced()) == before


async def test_T10_the_future_and_the_far_past_are_refused(client, as_role):
    future = {"as_of": (NOW + timedelta(hours=1)).isoformat()}
    answer = await client.post("/v1/evaluations", json=future)
    assert (answer.status_code, answer.json()["code"]) == (422, "in_the_future")
    past = {"as_of": ago(100).isoformat()}
    answer = await client.post("/v1/evaluations", json=past, headers=as_role("analyst"))
    assert (answer.status_code, answer.json()["code"]) == (403, "history_needed")
    assert (await client.post("/v1/evaluations", json=past, headers=as_role("head"))).status_code == 202
    assert (await client.post("/v1/evaluations", json={}, headers=as_role("agent"))).status_code == 403


async def test_T5_abc_cuts_are_computed_at_the_review_and_kept_for_the_time_after(client, database, as_role):
    customers = [UUID(int=n) for n in range(1, 21)]
    await deliver(database, *(placed(customer, ago(10), str(n * 10)) for n, customer in enumerate(customers, 1)))
    await activate(client, database, as_role, ABC_BY_CUSTOMERS.policy_id)
    assert (await tier_of(client, customers[0]))[0] == "basic"  # another pyramid: nobody moves before the review
    run = await reviewed(client, database, NOW - timedelta(minutes=5))
    assert run["outcomes"] == {"placed": 20}
    assert [(c["tier"], Decimal(c["from"])) for c in run["cutoffs"]] == [("b", 150), ("a", 190)]
    tiers = [(await tier_of(client, customer))[0] for customer in customers]
    assert tiers == ["c"] * 14 + ["b"] * 4 + ["a"] * 2
    [changed] = await deliver(database, placed(customers[0], NOW, "180"))
    assert (changed.tier, changed.kind) == ("a", "upgrade")  # 10 + 180 reach the kept cut-off
    assert await broken_invariants(database) == []


async def test_K18_a_rise_by_a_review_is_corrected_by_the_cut_offs_of_that_review(client, database, as_role):
    customers = [UUID(int=n) for n in range(1, 11)]
    orders = [placed(customer, ago(10), str(n * 10)) for n, customer in enumerate(customers, 1)]
    await deliver(database, *orders)
    await activate(client, database, as_role, ABC_BY_REVENUE.policy_id)
    await reviewed(client, database, ago(5))
    assert (await tier_of(client, customers[9]))[0] == "a"
    [correction] = await deliver(database, returned(orders[9], ago(1)))
    assert (correction.kind, correction.tier, correction.effective_from) == ("correction", "c", ago(5))
    assert await broken_invariants(database) == []


async def test_K18_later_cut_offs_do_not_undo_a_rise_that_was_earned_at_its_date(client, database, as_role):
    """The rise stood on the first review's cut-offs; by the second one's it would not, but that is for reviews."""
    customers = [UUID(int=n) for n in range(1, 11)]
    orders = [placed(customer, ago(20), str(n * 10), quantity=2) for n, customer in enumerate(customers, 1)]
    await deliver(database, *orders)
    await activate(client, database, as_role, ABC_BY_CUSTOMERS.policy_id)
    await reviewed(client, database, ago(10))
    assert (await tier_of(client, customers[9]))[0] == "a"
    small = placed(customers[9], ago(6), "1")
    await deliver(database, small, *(placed(customer, ago(5), "1000") for customer in customers[:9]))
    assert (await reviewed(client, database, ago(3)))["outcomes"] == {"grace": 9, "kept": 1}
    assert await deliver(database, returned(small, ago(1))) == []
    [correction] = await deliver(database, returned(orders[9], ago(1), quantity=1, amount="1"))
    assert (correction.tier, correction.effective_from) == ("b", ago(10))
    assert await broken_invariants(database) == []


async def test_T6_stars_after_six_full_months(client, database, as_role):
    await activate(client, database, as_role, STARS.policy_id, always=True)
    month = NOW.replace(day=1, hour=12)
    days = []
    for _ in range(6):
        month = (month - timedelta(days=1)).replace(day=1)
        days.append(month.replace(day=10))
    await deliver(database, *(placed(ANN, day, "501") for day in reversed(days)))
    assert (await tier_of(client))[0] == "no-star"
    await reviewed(client, database, NOW)
    assert (await tier_of(client))[0] == "star4"
    explained = (await client.get(f"/v1/customers/{ANN}/tier/explanation")).json()
    assert set(explained["reasons"]["months"].values()) == {"501"}


async def test_T10_a_review_waits_until_what_was_recorded_before_it_is_committed(client, database):
    intake = Intake()
    intake.settled = False
    run = (await client.post("/v1/evaluations", json={"as_of": NOW.isoformat()})).json()
    worker = Worker(database, intake.get)
    assert await worker.advance("review")  # what it knows is settled
    for _ in range(3):
        assert not await worker.advance("review")
    assert (await client.get(f"/v1/evaluations/{run['id']}")).json()["phase"] == "collecting"
    intake.settled = True
    await run_to_the_end(database, intake)
    assert (await client.get(f"/v1/evaluations/{run['id']}")).json()["result"] == "applied"


async def test_work_that_is_asked_for_does_not_wait_for_the_next_look(client, database, monkeypatch):
    """The looks are an hour apart here, and yet the review is looked at."""
    monkeypatch.setattr(runner, "LONGEST_PAUSE_SECONDS", 3600)
    intake, stop = Intake(), asyncio.Event()
    worker = Worker(database, intake.get)
    loop = asyncio.create_task(worker.jobs.work_on_jobs(worker, stop))
    await asyncio.sleep(0.2)  # it has looked
    await client.post("/v1/evaluations", json={"as_of": NOW.isoformat()})
    await until(lambda: intake.requests > 0)
    stop.set()
    await asyncio.wait_for(loop, 5)


async def until(holds: Any) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that")
