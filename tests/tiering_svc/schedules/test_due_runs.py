"""T10: each missed review is run, in order; of sweeps the last one; by the version in force at the due instant."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tiering_svc.schedules.domain.due_runs import (
    DueRun,
    SchedulePeriod,
    find_next_due,
    list_due_runs,
)
from services.tiering_svc.schedules.domain.recurrence import Recurrence
from services.tiering_svc.schedules.domain.run_schedule import KINDS, RunKind, RunSchedule, as_of_due

ZONE = ZoneInfo("Asia/Shanghai")
BEGAN = datetime(2026, 1, 15, 9, tzinfo=UTC)


def period(
    version: int, begins: datetime, ends: datetime | None, recurrence: Recurrence, **more: Any
) -> SchedulePeriod:
    schedules = {kind: RunSchedule(kind, recurrence, more.get("as_of", "due")) for kind in KINDS}
    return SchedulePeriod(version, begins, ends, schedules)


def every_hour(periods: list[SchedulePeriod], after: datetime, until: datetime) -> list[tuple[int, datetime]]:
    """By looking at each hour: which version is in force then, and is it its time? (All recurrences here are at whole
    hours.)"""
    due: list[tuple[int, datetime]] = []
    hour = after.replace(minute=0, second=0, microsecond=0)
    while hour <= until:
        for of_time in periods:
            in_force = of_time.begins_at <= hour and (of_time.ends_at is None or hour < of_time.ends_at)
            rule, local = of_time.schedules["review"].recurrence, hour.astimezone(ZONE)
            at_its_time = rule.every != "off" and local.hour == rule.hour
            if rule.every == "weekly":
                at_its_time = at_its_time and local.weekday() == rule.weekday
            if rule.every == "monthly":
                at_its_time = at_its_time and local.day == rule.day
            if in_force and at_its_time and hour > after:
                due.append((of_time.version, hour))
        hour += timedelta(hours=1)
    return due


recurrences = st.one_of(
    st.just(Recurrence("off")),
    st.builds(Recurrence, st.just("daily"), hour=st.integers(0, 23)),
    st.builds(Recurrence, st.just("weekly"), hour=st.integers(0, 23), weekday=st.integers(0, 6)),
    st.builds(Recurrence, st.just("monthly"), hour=st.integers(0, 23), day=st.integers(1, 28)),
)


@settings(max_examples=150, deadline=None)
@given(
    versions=st.lists(st.tuples(st.integers(0, 24 * 60), recurrences), min_size=1, max_size=4),
    looks=st.lists(st.integers(1, 24 * 50), min_size=1, max_size=6),
)
def test_T10_whenever_somebody_looks_each_due_instant_is_seen_to_once(
    versions: list[tuple[int, Recurrence]], looks: list[int]
) -> None:
    begins = [BEGAN + timedelta(hours=sum(pause for pause, _ in versions[: n + 1])) for n in range(len(versions))]
    periods = [
        period(n + 1, begins[n], begins[n + 1] if n + 1 < len(begins) else None, recurrence)
        for n, (_, recurrence) in enumerate(versions)
        if n + 1 == len(begins) or begins[n] < begins[n + 1]
    ]
    start = periods[0].begins_at
    reviews: list[DueRun] = []
    swept: list[DueRun] = []
    at = start
    for pause in looks:
        at += timedelta(hours=pause)
        reviews += list_due_runs("review", periods, ZONE, reviews[-1].due_at if reviews else start, at)
        due = list_due_runs("warning_sweep", periods, ZONE, swept[-1].due_at if swept else start, at)
        assert len(due) <= 1
        swept += due
    expected = every_hour(periods, start, at)
    assert [(run.version, run.due_at) for run in reviews] == expected
    assert all(run.passed_over == 0 for run in reviews)
    assert len(swept) + sum(run.passed_over for run in swept) == len(expected)
    assert {run.due_at for run in swept} <= {due_at for _, due_at in expected}
    if expected:
        assert swept[-1].due_at == expected[-1][1]
    following = every_hour(periods, at, at + timedelta(days=63))
    next_due_at = find_next_due("review", periods, ZONE, at)
    assert next_due_at == (following[0][1] if following else None) or not following


@pytest.mark.parametrize("kind", [kind for kind, common in KINDS.items() if common.catches_up == "each"])
def test_T10_after_a_pause_each_missed_month_is_run_with_its_own_date(kind: RunKind) -> None:
    monthly = period(1, BEGAN, None, Recurrence("monthly", hour=2), as_of="end_of_previous_month")
    due = list_due_runs(kind, [monthly], ZONE, BEGAN, datetime(2026, 5, 20, tzinfo=UTC))
    ends = [run.as_of.astimezone(ZONE) for run in due if run.as_of is not None]
    assert [(day.month, day.day, day.hour, day.microsecond) for day in ends] == [
        (1, 31, 23, 999_999), (2, 28, 23, 999_999), (3, 31, 23, 999_999), (4, 30, 23, 999_999)
    ]  # fmt: skip
    assert [run.due_at.astimezone(ZONE).month for run in due] == [2, 3, 4, 5]


@pytest.mark.parametrize("kind", [kind for kind, common in KINDS.items() if common.catches_up == "last"])
def test_T12_after_a_pause_only_the_last_missed_sweep_is_run(kind: RunKind) -> None:
    daily = period(1, BEGAN, None, Recurrence("daily", hour=4))
    [due] = list_due_runs(kind, [daily], ZONE, BEGAN, BEGAN + timedelta(days=10))
    assert (due.passed_over, due.due_at) == (9, datetime(2026, 1, 24, 20, tzinfo=UTC))
    assert due.as_of == due.due_at


def test_T10_what_was_due_before_a_version_began_or_after_it_ended_is_not_its_own() -> None:
    at_two = Recurrence("daily", hour=2)
    due_at = datetime(2026, 1, 16, 18, tzinfo=UTC)  # two o'clock there
    for begins, ends, expected in (
        (due_at, None, 1),
        (due_at + timedelta(microseconds=1), None, 0),
        (BEGAN, due_at, 1),  # only the one of the day before
        (BEGAN, due_at + timedelta(microseconds=1), 2),
    ):
        due = list_due_runs("review", [period(1, begins, ends, at_two)], ZONE, BEGAN, due_at)
        assert len(due) == expected


def test_T10_as_of_the_due_instant_the_end_of_the_month_before_or_when_it_runs() -> None:
    due_at = datetime(2026, 2, 28, 18, tzinfo=UTC)  # already March there
    assert as_of_due("due", due_at, ZONE) == due_at
    assert as_of_due("end_of_previous_month", due_at, ZONE) == datetime(2026, 2, 28, 16, tzinfo=UTC) - timedelta(
        microseconds=1
    )
    assert as_of_due("when_it_runs", due_at, ZONE) is None
