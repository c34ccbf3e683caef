"""Runs that a crash interrupts anywhere, or that several replicas work on: everybody is decided once (T9, T10)."""

import asyncio
from random import Random
from uuid import UUID

import pytest

from services.tiering_svc.core.domain.calendar import spelled
from services.tiering_svc.reviews.handlers import review_batches
from shared.events import ReviewApplied, TierChanged
from tests.tiering_svc.events import placed
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.reviews.policy_runs import a_draft, ago, deliver, month_ago, ten_customers
from tests.tiering_svc.reviews.test_review_runs import activate_bands, run_to_the_end
from tests.tiering_svc.runs import Worker, broken_runs, to_the_end

SERVICE = "tiering"


class Crash(Exception):
    pass


@pytest.mark.parametrize("kind", ["simulation", "back-test"])
async def test_T9_killed_in_the_middle_it_goes_on_and_counts_nobody_twice(client, database, monkeypatch, kind):
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
                if not await worker.advance("policy_back_test" if kind == "back-test" else "simulation"):
                    break
            except Crash:
                continue
        monkeypatch.setattr(database, "run", original)

    url = f"/v1/tier-policies/{policy}/{kind}s"
    body = {} if kind == "simulation" else {"from": spelled(month_ago(2).date()), "to": spelled(month_ago(1).date())}
    run = (await client.post(url, json=body)).json()
    await worked()
    assert len(died) > 3
    result = (await client.get(f"{url}/{run['id']}")).json()
    assert (result["finished_at"] is not None, result["progress"]["done"]) == (True, 10)
    if kind == "simulation":
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


@pytest.mark.parametrize("crash_at", [0, 1, 3, 5, 7, 9, 11])
async def test_T10_a_crash_anywhere_resumes_and_never_doubles(
    client, database, as_role, announced, monkeypatch, crash_at
):
    """The process dies in the crash_at-th transaction, just before its commit; the next one goes on."""
    monkeypatch.setattr(review_batches, "BATCH", 3)
    customers = [UUID(int=n) for n in range(1, 11)]
    await deliver(database, *(placed(customer, ago(10), "600") for customer in customers))
    await activate_bands(client, database, as_role, ("gold", "550"))
    await client.post("/v1/evaluations", json={"as_of": ago(1).isoformat()})

    steps = 0
    original = database.run

    async def dying_run(work, **more):
        nonlocal steps
        steps += 1

        async def then_die(tx):
            result = await work(tx)
            if steps == crash_at + 1:
                raise Crash
            return result

        return await original(then_die, **more)

    monkeypatch.setattr(database, "run", dying_run)
    with pytest.raises(Crash):
        await run_to_the_end(database)
    monkeypatch.setattr(database, "run", original)
    await run_to_the_end(database)
    run = (await client.get("/v1/evaluations")).json()["items"][0]
    assert (run["result"], run["progress"]["done"], run["outcomes"]) == ("applied", 10, {"placed": 10})
    movers = (await client.get(f"/v1/evaluations/{run['id']}/movers", params={"limit": 7})).json()
    assert len(movers["items"]) == 7
    rest = await client.get(f"/v1/evaluations/{run['id']}/movers", params={"limit": 7, "cursor": movers["next"]})
    assert len(rest.json()["items"]) == 3
    events = await announced()
    assert sum(isinstance(event, ReviewApplied) for event in events) == 1
    assert sum(isinstance(event, TierChanged) and event.tier == "gold" for event in events) == 10
    assert await broken_invariants(database) == []
