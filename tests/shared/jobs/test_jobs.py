"""Jobs: asked for in a transaction, done step by step, in the order of their lane, with progress."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.errors import DomainError, invalid
from shared.jobs import (
    Done,
    Failed,
    Job,
    JobKind,
    Jobs,
    Outcome,
    Wait,
    cancel_job,
    is_unfinished,
    list_jobs,
    load_job,
    request_job,
    request_job_once,
    retry_job,
    store,
    wake_jobs,
)
from shared.messaging import Transaction
from shared.messaging.tracing import FORM, current_traceparent
from tests.shared.jobs.world import World, count, until, with_prepare

COUNTING = {"count": count}


@pytest.fixture(autouse=True)
def fast_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RETRY_SECONDS", 0.01)


async def test_a_job_is_done_step_by_step_and_says_how_far_it_is(world: World) -> None:
    jobs = Jobs(COUNTING)
    requested = await world.ask(total=3)
    assert (requested.status, requested.done, requested.total, requested.requested_by) == ("waiting", 0, 3, "somebody")
    assert await jobs.advance(world)
    after = await world.job(requested.id)
    assert (after.status, after.cursor, after.done, after.finished_at) == ("running", 1, 1, None)
    assert after.started_at is not None
    await jobs.finish_all(world)
    after = await world.job(requested.id)
    assert (after.status, after.done, after.steps, after.error) == ("done", 3, 3, None)
    assert after.finished_at is not None
    assert await world.counted() == [1, 2, 3]
    assert not await jobs.advance(world)


async def test_who_asks_wakes_the_runner_and_a_request_that_failed_leaves_nothing(world: World) -> None:
    async def fail(tx: Transaction) -> None:
        await request_job(tx, "count", {"until": 1}, by="somebody")
        raise invalid("changed_my_mind")

    async with world.running(Jobs(COUNTING)):
        await asyncio.sleep(0.1)  # it has looked, and pauses for seconds now
        with pytest.raises(DomainError):
            await world.database.run(fail)
        began = asyncio.get_running_loop().time()
        job = await world.ask(numbers=1)
        await until(lambda: world.is_over(job), "the job is done")
        assert asyncio.get_running_loop().time() - began < 1.5
    assert await world.counted() == [1]


async def test_jobs_of_a_lane_go_one_after_another_and_lanes_side_by_side(world: World) -> None:
    jobs = Jobs({"count": JobKind(count, at_once=2), "other": count})
    first, second = await world.ask(), await world.ask()
    beside, other = await world.ask(lane="beside"), await world.ask("other")
    while await jobs.advance(world, "count"):
        pass
    order = [job_id for job_id in await world.order() if job_id in (first.id, second.id)]
    assert order == [first.id] * 3 + [second.id] * 3
    assert not (await world.job(other.id)).finished  # it was not asked to do those
    assert (await world.job(beside.id)).finished
    await jobs.finish_all(world)
    assert (await world.job(other.id)).finished


async def test_a_lane_that_waits_keeps_no_other_waiting(world: World) -> None:
    held = asyncio.Event()

    async def when_free(tx: Transaction, job: Job) -> Outcome:
        return await count(tx, job) if held.is_set() else Wait()

    waiting, behind = await world.ask("held"), await world.ask("held")
    other = await world.ask()
    async with world.running(Jobs({"held": when_free, "count": count})):
        await until(lambda: world.is_over(other), "the other lane")
        assert await world.counted(behind.id) == []
        assert (await world.job(waiting.id)).steps == 0
        held.set()
        await until(lambda: world.is_over(waiting, behind), "those that waited")


async def test_what_is_prepared_reaches_the_step_and_holds_no_lock(world: World) -> None:
    seen: list[Any] = []

    async def prepare(context: Any, job: Job) -> int:
        await context.database.run(lambda tx: load_job(tx, job.id, lock=True))  # somebody else may lock it
        return 10 * (job.cursor or 0)

    async def step(tx: Transaction, job: Job, prepared: int) -> Outcome:
        seen.append(prepared)
        return await count(tx, job)

    await world.ask()
    await Jobs({"count": JobKind(step, prepare=prepare)}).finish_all(world)
    assert seen == [0, 10, 20]


async def test_what_can_not_be_done_fails_and_keeps_what_the_step_wrote(world: World) -> None:
    async def step(tx: Transaction, job: Job) -> Outcome:
        await count(tx, job)
        return Failed("too_few_customers")

    job = await world.ask()
    await world.finish({"count": step}, job)
    after = await world.job(job.id)
    assert (after.status, after.error, after.steps) == ("failed", "too_few_customers", 1)
    assert await world.counted() == [1]


async def test_a_poisoned_step_parks_its_job_with_the_reason_and_the_lane_goes_on(world: World) -> None:
    poisoned, tries = True, 0

    async def step(tx: Transaction, job: Job) -> Outcome:
        nonlocal tries
        outcome = await count(tx, job)
        if poisoned and job.id == first.id and job.cursor == 1:
            tries += 1
            raise invalid("unreadable_row")
        return outcome

    first, second = await world.ask(), await world.ask()
    await world.finish({"count": step}, first, second)
    after = await world.job(first.id)
    assert (after.status, after.error, after.cursor, after.tries, tries) == ("failed", "unreadable_row", 1, 5, 5)
    assert (await world.job(second.id)).status == "done"
    assert await world.counted(first.id) == [1]
    poisoned = False
    taken_up = await world.database.run(lambda tx: retry_job(tx, first.id))
    assert (taken_up.status, taken_up.error, taken_up.tries) == ("running", None, 0)
    await world.finish({"count": step}, first)
    assert await world.counted(first.id) == [1, 2, 3]


async def test_an_error_that_is_over_is_forgotten(world: World) -> None:
    errors = [RuntimeError("no"), RuntimeError("no")]

    async def step(tx: Transaction, job: Job) -> Outcome:
        if errors and job.cursor == 1:
            raise errors.pop()
        return await count(tx, job)

    job = await world.ask()
    await world.finish({"count": step}, job)
    after = await world.job(job.id)
    assert (after.status, after.error, after.tries) == ("done", None, 0)
    assert await world.counted() == [1, 2, 3]


@pytest.mark.parametrize("error", [ConnectionRefusedError(), httpx.ConnectError("away"), TimeoutError()])
async def test_what_passes_by_itself_is_no_failed_try(error: Exception, world: World) -> None:
    away = 12

    async def prepare(context: Any, job: Job) -> None:
        nonlocal away
        away -= 1
        if away >= 0:
            raise error

    job = await world.ask(numbers=1)
    await world.finish({"count": with_prepare(prepare)}, job)
    assert (await world.job(job.id)).status == "done"
    assert away < 0


async def test_only_a_failed_job_is_taken_up_again(world: World) -> None:
    job = await world.ask()
    with pytest.raises(DomainError) as refused:
        await world.database.run(lambda tx: retry_job(tx, job.id))
    assert refused.value.code == "not_failed"


async def test_a_job_is_cancelled_before_it_begins_or_between_steps_but_not_after_its_end(world: World) -> None:
    jobs = Jobs(COUNTING)
    first, second, third = [await world.ask() for _ in range(3)]
    await jobs.advance(world)
    for job in (first, second):
        cancelled = await world.database.run(lambda tx, job=job: cancel_job(tx, job.id, by="her", kind="count"))
        assert (cancelled.status, cancelled.cancelled_by) == ("cancelled", "her")
        assert cancelled.finished_at is not None
    await jobs.finish_all(world)
    assert await world.order() == [first.id] + [third.id] * 3
    for job in (first, third):
        with pytest.raises(DomainError) as refused:
            await world.database.run(lambda tx, job=job: cancel_job(tx, job.id, by="him"))
        assert refused.value.code == "already_finished"
    assert (await world.job(first.id)).cancelled_by == "her"
    for kind, job_id in (("other", second.id), (None, uuid4())):
        with pytest.raises(DomainError) as refused:
            await world.database.run(lambda tx, kind=kind, id_=job_id: cancel_job(tx, id_, by="him", kind=kind))
        assert refused.value.code == "run_not_found"


async def test_what_was_prepared_for_a_job_that_is_cancelled_meanwhile_is_thrown_away(world: World) -> None:
    async def prepare(context: Any, job: Job) -> None:
        await context.database.run(lambda tx: cancel_job(tx, job.id, by="her"))

    job = await world.ask()
    await world.finish({"count": with_prepare(prepare)}, job)
    assert (await world.job(job.id)).status == "cancelled"
    assert await world.counted() == []


async def test_what_is_wanted_once_is_asked_for_once(world: World) -> None:
    async def ask(once: str, kind: str = "count") -> Job | None:
        return await world.database.run(lambda tx: request_job_once(tx, kind, once, {"until": 1}, by="timer"))

    made = await asyncio.gather(*(ask("daily:2026-11-28") for _ in range(4)))
    assert sum(job is not None for job in made) == 1
    await Jobs(COUNTING).finish_all(world)
    assert await ask("daily:2026-11-28") is None  # also when it is done
    assert await ask("daily:2026-11-29") is not None
    assert await ask("daily:2026-11-28", "other") is not None


async def test_a_kind_asks_for_its_jobs_when_they_are_due(world: World) -> None:
    async def when_due(tx: Transaction, context: Any) -> None:
        await request_job_once(tx, "count", "daily", {"until": 2}, by="timer")

    async with world.running(*(Jobs({"count": JobKind(count, when_due=when_due)}) for _ in range(2))):
        await until(lambda: _has_counted(world, 2), "the job that was due")
    assert await world.counted() == [1, 2]


async def test_what_has_become_due_is_looked_at_at_once(world: World) -> None:
    due = False

    async def when_due(tx: Transaction, context: Any) -> None:
        if due and not await is_unfinished(tx, "count"):
            await request_job(tx, "count", {"until": 1}, by="timer")

    async def become_due(tx: Transaction) -> None:
        nonlocal due
        due = True
        wake_jobs(tx)

    async with world.running(Jobs({"count": JobKind(count, when_due=when_due)})):
        await asyncio.sleep(0.1)  # it has looked, and pauses for seconds now
        began = asyncio.get_running_loop().time()
        await world.database.run(become_due)
        await until(lambda: _has_counted(world, 1), "the job that has become due")
        assert asyncio.get_running_loop().time() - began < 1.5
        due = False


async def _has_counted(world: World, numbers: int) -> bool:
    return len(await world.counted()) >= numbers


async def test_a_stopping_runner_ends_the_step_it_is_in(world: World) -> None:
    began = asyncio.Event()

    async def slow(tx: Transaction, job: Job) -> Outcome:
        began.set()
        await asyncio.sleep(0.2)
        return await count(tx, job)

    job = await world.ask()
    async with world.running(Jobs({"count": slow})):
        await began.wait()
    after = await world.job(job.id)
    assert (after.steps, await world.counted()) == (1, [1])


async def test_a_job_stays_a_while_with_the_process_that_did_its_last_step(world: World) -> None:
    own, others = Jobs(COUNTING, hold_seconds=30), Jobs(COUNTING)
    job = await world.ask()
    assert await own.advance(world)
    assert not await others.advance(world)
    assert await own.advance(world)
    await world.database.run(lambda tx: tx.raw.execute("update job set worker_until = clock_timestamp()"))
    assert await others.advance(world)
    assert await world.counted(job.id) == [1, 2, 3]


async def test_parameters_and_cursor_are_json_in_which_ids_are_text(world: World) -> None:
    customer = uuid4()

    async def step(tx: Transaction, job: Job) -> Outcome:
        assert job.params == {"after": str(customer), "until": 1}
        return job.next({"customer": customer, "n": 1}) if job.cursor is None else Done()

    jobs = Jobs({"count": step})
    job = await world.database.run(lambda tx: request_job(tx, "count", {"after": customer, "until": 1}, by="somebody"))
    await jobs.advance(world)
    assert (await world.job(job.id)).cursor == {"customer": str(customer), "n": 1}
    await jobs.finish_all(world)
    with pytest.raises(TypeError, match="without object"):
        await world.database.run(lambda tx: request_job(tx, "count", {"x": object()}, by="somebody"))


async def test_jobs_of_a_kind_are_listed_newest_first(world: World) -> None:
    requested = [(await world.ask()).id for _ in range(3)]
    await world.ask("other")
    page = await world.database.run(lambda tx: list_jobs(tx, "count", None, 2))
    assert [job.id for job in page] == [requested[2], requested[1]]
    before = (page[-1].requested_at, page[-1].id)
    page = await world.database.run(lambda tx: list_jobs(tx, "count", before, 2))
    assert [job.id for job in page] == [requested[0]]


async def test_all_steps_of_a_job_belong_to_one_trace_whichever_process_does_them(world: World) -> None:
    """The trace's id is the job's: who has the one finds the other."""
    traces = []

    async def count_in_trace(tx: Transaction, job: Job, prepared: str | None) -> Outcome:
        traces.extend([prepared, current_traceparent.get()])
        return await count(tx, job)

    async def prepare(_context: Any, _job: Job) -> str | None:
        return current_traceparent.get()

    kinds = {"count": JobKind(count_in_trace, prepare=prepare)}
    jobs = [await world.ask(numbers=2), await world.ask(numbers=2)]
    for _ in range(4):
        await Jobs(kinds, hold_seconds=0).advance(world)
    assert all(trace is not None and FORM.match(trace) for trace in traces)
    assert [trace and trace[3:35] for trace in traces[::2]] == [trace and trace[3:35] for trace in traces[1::2]]
    assert {trace and trace[3:35] for trace in traces} == {job.id.hex for job in jobs}
    assert len(set(traces)) == 4  # each step a span of its own
    assert current_traceparent.get() is None
