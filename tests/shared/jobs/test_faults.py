"""Whatever happens between two commits: every step is done once, in order, and nothing is lost."""

import asyncio
import random
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import DomainError
from shared.jobs import Job, JobKind, Jobs, Outcome, cancel_job
from shared.messaging import Transaction
from tests.shared.jobs import killed
from tests.shared.jobs.world import World, count


@pytest.mark.parametrize("place", killed.PLACES)
async def test_a_killed_process_is_followed_by_one_that_goes_on(place: str, world: World) -> None:
    """kill -9 in each process's first, second, third step ..., until one comes through."""
    jobs = [await world.ask(numbers=3), await world.ask("other", 2)]
    deaths = 0
    while not await world.is_over(*jobs):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.shared.jobs.killed", world.database.url, place, str(1 + deaths % 3),
            cwd=Path(__file__).parents[3],
        )  # fmt: skip
        code = await asyncio.wait_for(process.wait(), 60)
        assert code in (0, -signal.SIGKILL)
        deaths += code != 0
        assert deaths < 30
    assert deaths > 0
    assert [await world.counted(job.id) for job in jobs] == [[1, 2, 3], [1, 2]]
    assert {(await world.job(job.id)).status for job in jobs} == {"done"}


@pytest.mark.parametrize("prepared", [False, True])
async def test_several_runners_do_each_step_once(prepared: bool, world: World) -> None:
    async def prepare(context: Any, job: Job) -> None:
        await asyncio.sleep(random.uniform(0, 0.004))

    async def step(tx: Transaction, job: Job, *_: Any) -> Outcome:
        await asyncio.sleep(random.uniform(0, 0.002))
        return await count(tx, job)

    kind = JobKind(step, prepare=prepare if prepared else None, at_once=3)
    jobs = [await world.ask("count" if n % 2 else "other", 12, lane=f"lane-{n % 4}") for n in range(8)]
    await world.finish({"count": kind, "other": kind}, *jobs, runners=4)
    for job in jobs:
        assert await world.counted(job.id) == list(range(1, 13))
    order = await world.order()
    for lane in range(4):  # the second of a lane began when the first was over
        first, second = jobs[lane].id, jobs[lane + 4].id
        assert [job_id for job_id in order if job_id in (first, second)] == [first] * 12 + [second] * 12


class Broken(Exception):
    """What a step, or the process around it, dies of."""


ACTIONS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from("ab"), st.integers(1, 4)),
    st.tuples(st.just("step"), st.integers(0, 1), st.booleans()),
    st.tuples(st.just("cancel"), st.integers(0, 7), st.just(0)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, min_size=5, max_size=40))
async def test_any_order_of_steps_breaks_and_cancellations_counts_each_number_once(
    actions: list[tuple[str, Any, Any]], world: World
) -> None:
    """Two runners take turns at random, steps break at random, jobs are cancelled at random."""
    await world.database.run(lambda tx: tx.raw.execute("truncate job, counted"))
    breaks = False

    async def step(tx: Transaction, job: Job) -> Outcome:
        outcome = await count(tx, job)
        if breaks:
            raise Broken
        return outcome

    kind = JobKind(step, at_once=2)
    runners = [Jobs({"count": kind}, hold_seconds=0) for _ in range(2)]
    requested: list[Job] = []
    cancelled: dict[UUID, int] = {}
    for action, index, more in actions:
        if action == "ask":
            requested.append(await world.ask(numbers=more, lane=index))
        elif action == "step":
            breaks = more
            with suppress(Broken):
                await runners[index].advance(world)
        elif index < len(requested):
            job = requested[index]
            with suppress(DomainError):
                await world.database.run(lambda tx, job=job: cancel_job(tx, job.id, by="her"))
                cancelled[job.id] = len(await world.counted(job.id))
    breaks = False
    await runners[0].finish_all(world)
    order = await world.order()
    for job in requested:
        numbers = cancelled.get(job.id, job.params["until"])
        assert await world.counted(job.id) == list(range(1, numbers + 1))
        after = await world.job(job.id)
        assert (after.status, after.done) == ("cancelled" if job.id in cancelled else "done", numbers)
    for lane in "ab":
        ids = [job.id for job in requested if job.lane == lane]
        steps = [ids.index(job_id) for job_id in order if job_id in ids]
        assert steps == sorted(steps)
