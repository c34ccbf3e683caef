"""T10: runs that are due are requested once each and caught up in order, whoever looks and whatever kills them."""

import asyncio
import signal
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.tiering_svc.monitoring.handlers import sweeps
from services.tiering_svc.reviews.repository import evaluations
from services.tiering_svc.schedules.handlers import due_runs
from services.tiering_svc.schedules.repository import scheduled_runs
from services.tiering_svc.service_quality.handlers.assessments import assess_a_month
from services.tiering_svc.service_quality.repository.assessments import list_assessments
from services.tiering_svc.subscriptions import subscriptions
from shared.errors import not_found
from shared.events import TeamMemberAssigned
from shared.messaging import Database, Transaction, new_id
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.runs import Worker
from tests.tiering_svc.schedules.installed import (
    ALL_OFF,
    install,
    job_ids_in_lane_order,
    list_all,
    put_schedules_in_force,
    request_due,
    shipped,
)

SERVICE = "tiering"
NOW = datetime.now(UTC)
MICROSECOND = timedelta(microseconds=1)


def month_begins(back: int) -> datetime:
    """The first instant of the month so many months before the present one."""
    index = NOW.year * 12 + NOW.month - 1 - back
    return datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)


SINCE = month_begins(4) + timedelta(days=9)  # installed in the fifth last month; the next four have begun since
REVIEWS_DUE = [due_at for n in (3, 2, 1, 0) if (due_at := month_begins(n) + timedelta(hours=2)) <= NOW]


async def test_T10_a_fresh_system_runs_nothing_of_the_past(database: Database) -> None:
    await install(database, datetime.now(UTC))  # the hour may have changed since the database was made
    assert await request_due(database) == 0
    assert await list_all(database) == []
    begins = month_begins(-1)  # the next month
    await request_due(database, begins + timedelta(hours=2))
    assert [run.due_at for run in await list_all(database, "review")] == [begins + timedelta(hours=2)]


async def test_T10_after_a_pause_each_missed_review_and_assessment_is_requested_in_order(database: Database) -> None:
    await install(database, SINCE)
    requested = await request_due(database)
    reviews = await list_all(database, "review")
    assert [run.due_at for run in reviews] == REVIEWS_DUE
    assert [run.as_of for run in reviews] == [due_at.replace(hour=0) - MICROSECOND for due_at in REVIEWS_DUE]
    ids = [run.job.id for run in reviews if run.job is not None]
    assert ids == await job_ids_in_lane_order(database, "review")
    assessments = await list_all(database, "assessment")
    months = [date.fromisoformat(run.job.params["month"]) for run in assessments if run.job is not None]
    assert months == [month_begins(n).date() for n in (4, 3, 2, 1)][: len(assessments)]
    for kind, passed_over in (("warning_sweep", 80), ("risk_sweep", 2000), ("lifetime_values", 2)):
        [run] = await list_all(database, kind)
        assert run.passed_over >= passed_over
        assert run.due_at <= datetime.now(UTC)
    assert requested == len(await list_all(database))
    assert await request_due(database) == 0  # nothing is requested twice


async def test_T10_many_missed_reviews_keep_their_order(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due_runs, "MOST_AT_ONCE", 40)
    daily = {"recurrence": {"every": "daily", "hour": 1, "minute": 0}, "as_of": "due", "apply": True}
    await install(database, datetime.now(UTC))  # the hour may have changed since the database was made
    await put_schedules_in_force(database, ALL_OFF | {"review": daily})
    later = datetime.now(UTC) + timedelta(days=101)
    looks = []
    while requested := await request_due(database, later):
        looks.append(requested)
    assert looks in ([40, 40, 21], [40, 40, 22])
    reviews = await list_all(database, "review")
    order = await job_ids_in_lane_order(database, "review")
    assert [run.job.id for run in reviews if run.job is not None] == order
    dates = [run.as_of for run in reviews if run.as_of is not None]
    assert len(dates) == len(reviews)
    assert dates == sorted(dates)


async def test_T10_caught_up_reviews_apply_one_after_another_each_as_of_its_own_month(database: Database) -> None:
    orders = [placed(UUID(int=n), month_begins(3) + timedelta(days=n), f"{n}00") for n in range(1, 20)]
    await harness.deliver(database, subscriptions, orders)
    await install(database, SINCE)
    await request_due(database)
    await Worker(database).to_the_end("review")
    runs = [
        await database.run(lambda tx, run_id=run.job.id: evaluations.load_run(tx, run_id))  # type: ignore[misc]
        for run in await list_all(database, "review")
        if run.job is not None
    ]
    assert [run.result for run in runs] == ["applied"] * len(REVIEWS_DUE)
    decided = [run.decided_at for run in runs if run.decided_at is not None]
    assert decided == sorted(decided)
    assert [run.as_of for run in runs] == [due_at.replace(hour=0) - MICROSECOND for due_at in REVIEWS_DUE]
    assert {run.job.requested_by for run in runs} == {"schedule"}
    shown = await list_all(database, "review")
    assert {run.result for run in shown} == {"applied"}


async def test_T10_several_processes_at_once_request_each_run_once(database: Database) -> None:
    await install(database, SINCE)
    requested = await asyncio.gather(*(request_due(database) for _ in range(4)))
    runs = await list_all(database)
    assert sum(requested) == len(runs)
    jobs = await database.run(lambda tx: tx.raw.fetch("select id from job where requested_by = 'schedule'"))
    assert {row["id"] for row in jobs} == {run.job.id for run in runs if run.job is not None}
    assert len(jobs) == len(runs)


async def test_T10_a_refusal_is_kept_and_keeps_no_later_run_from_being_requested(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(tx: Transaction, *_: object, **__: object) -> None:
        await tx.raw.execute("insert into retention_cost select * from retention_cost")  # something is under way
        raise not_found("no_rules_in_force", "None.")

    await install(database, SINCE)
    monkeypatch.setattr(due_runs, "request_review", refuse)
    await request_due(database)
    assert {run.refused for run in await list_all(database, "review")} == {"no_rules_in_force"}
    assert all(run.job is None for run in await list_all(database, "review"))
    assert await list_all(database, "assessment") != []


async def test_T12_a_sweep_of_a_day_that_is_over_for_sweeps_is_refused_and_says_so(database: Database) -> None:
    await install(database, NOW - timedelta(days=3))
    await database.run(lambda tx: sweeps.request_run(tx, datetime.now(UTC), "head-1"))
    await request_due(database)
    [run] = await list_all(database, "warning_sweep")
    assert (run.job, run.refused) == (None, "before_the_last_run")


async def test_T12_a_scheduled_sweep_says_what_it_is_because_of(database: Database) -> None:
    await install(database, NOW - timedelta(days=3))
    await request_due(database)
    [run] = await list_all(database, "warning_sweep")
    assert run.job is not None
    job_id = run.job.id
    sweep = await database.run(lambda tx: sweeps.sweeps.load_run(tx, job_id))
    assert (sweep.because, sweep.as_of) == ("schedule", run.due_at)
    await Worker(database).to_the_end("warning_sweep")
    assert [run.job.status for run in await list_all(database, "warning_sweep") if run.job] == ["done"]


async def test_T15_a_scheduled_assessment_is_stored_and_a_month_that_has_one_stays_as_it_is(
    database: Database,
) -> None:
    team = TeamMemberAssigned(
        customer_id=UUID(int=1), assignment_id=new_id(), employee_id="E-1", role="account_manager",
        assigned_at=month_begins(6),
    )  # fmt: skip
    await harness.deliver(database, subscriptions, [team, placed(UUID(int=1), month_begins(5), "100")])
    by_hand = month_begins(2).date()
    await database.run(lambda tx: assess_a_month(tx, by_hand, "head-1"))
    await install(database, SINCE)
    await Worker(database).to_the_end("assessment")  # its look requests what is due
    for run in await list_all(database, "assessment"):
        assert run.job is not None
        month = date.fromisoformat(run.job.params["month"])
        [row] = await database.run(lambda tx, month=month: list_assessments(tx, month, "manager", tx.at))  # type: ignore[misc]
        made_by = ("head-1", 0) if month == by_hand else ("schedule", 1)
        assert (run.job.status, (row.made_by, run.job.done)) == ("done", made_by)
    rows = await database.run(lambda tx: tx.raw.fetch("select from assessment where superseded_at is not null"))
    assert rows == []


@pytest.mark.parametrize("failing", [1, 2, 4, 6])
async def test_T10_what_breaks_off_before_the_commit_leaves_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    class Killed(Exception):
        pass

    calls, save_job = 0, scheduled_runs.save_job

    async def die(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise Killed
        await save_job(*arguments)  # type: ignore[arg-type]

    await install(database, SINCE)
    monkeypatch.setattr(scheduled_runs, "save_job", die)
    with pytest.raises(Killed):
        await request_due(database)
    assert await list_all(database) == []
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from job")) == 0
    assert await request_due(database) == len(await list_all(database)) > 0
    assert [run.due_at for run in await list_all(database, "review")] == REVIEWS_DUE


@pytest.mark.parametrize(
    ("place", "nth"), [("claimed", 2), ("requested", 3), ("before_commit", 1), ("after_commit", 1)]
)
async def test_T10_a_killed_process_is_followed_by_one_that_requests_each_run_once(
    database: Database, place: str, nth: int
) -> None:
    """kill -9 at a place, then two others that look at the same time."""
    await install(database, SINCE)

    async def process(place: str, nth: int) -> int:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.tiering_svc.schedules.killed", database.url, place, str(nth),
            cwd=Path(__file__).parents[3],
        )  # fmt: skip
        return await asyncio.wait_for(started.wait(), 60)

    assert await process(place, nth) == -signal.SIGKILL
    left = await list_all(database)
    assert bool(left) == (place == "after_commit")
    code, _ = await asyncio.gather(process("nowhere", 1), request_due(database))
    assert code == 0
    runs = await list_all(database)
    assert len({(run.kind, run.due_at) for run in runs}) == len(runs)
    assert [run.due_at for run in runs if run.kind == "review"] == REVIEWS_DUE
    jobs = await database.run(lambda tx: tx.raw.fetch("select id from job where requested_by = 'schedule'"))
    assert sorted(row["id"] for row in jobs) == sorted(run.job.id for run in runs if run.job is not None)
    assert len(jobs) == len(runs)


async def test_T10_the_next_run_follows_a_new_version_from_when_it_is_in_force(database: Database) -> None:
    begins = month_begins(-1)
    weekly = {"recurrence": {"every": "weekly", "weekday": "monday", "hour": 6, "minute": 30}}
    document = await shipped(database) | {"review": weekly | {"as_of": "due", "apply": False}}
    await put_schedules_in_force(database, document, begins + timedelta(days=10))
    await request_due(database, begins + timedelta(days=9))
    await request_due(database, begins + timedelta(days=30))
    reviews = await list_all(database, "review")
    first, weekly_ones = reviews[0], reviews[1:]
    assert (first.due_at, first.schedule_version) == (begins + timedelta(hours=2), 1)
    assert {run.schedule_version for run in weekly_ones} == {2}
    assert all((run.due_at.weekday(), run.due_at.hour, run.due_at.minute) == (0, 6, 30) for run in weekly_ones)
    assert 2 <= len(weekly_ones) <= 3
    run_id = weekly_ones[0].job.id if weekly_ones[0].job is not None else UUID(int=0)
    run = await database.run(lambda tx: evaluations.load_run(tx, run_id))
    assert run.simulated_because == "not_asked_to_apply"


async def test_T10_a_look_costs_one_query_until_something_is_due(database: Database) -> None:
    await install(database, SINCE)
    worker = Worker(database)
    await worker.advance("assessment")
    await worker.to_the_end("assessment")
    memory = worker.jobs._memory["assessment"]
    _, next_due_at = memory["next_due"]
    assert NOW < next_due_at <= NOW + timedelta(hours=2)  # the hourly sweep of risks
    before = len(await list_all(database))
    await worker.advance("assessment")
    assert len(await list_all(database)) == before
    await put_schedules_in_force(database, ALL_OFF)
    await worker.advance("assessment")
    assert memory["next_due"][1] is None


async def test_T10_paused_by_the_operator_nothing_is_requested(database: Database) -> None:
    await install(database, SINCE)
    worker = Worker(database)
    worker.settings = worker.settings.model_copy(update={"run_schedules": False})
    assert not await worker.advance("assessment")
    assert await list_all(database) == []
    worker.settings = worker.settings.model_copy(update={"run_schedules": True})
    assert await worker.advance("assessment")
    assert [run.due_at for run in await list_all(database, "review")] == REVIEWS_DUE
