"""Working time against the golden cases, and against an oracle that steps through it minute by minute (C3)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.complaint_svc.calendars.domain.business_time import (
    CLOSED,
    Calendar,
    Interval,
    Opening,
    Openings,
    answer_due_at,
    working_time_between,
)
from shared.errors import DomainError
from tests.complaint_svc.case_builders import ALWAYS, NINE_TO_FIVE, NINE_TO_NINE, daily, hours, utc, working_week


def test_K1_one_hour_from_friday_half_past_four_is_due_monday_half_past_nine() -> None:
    assert answer_due_at(utc("2026-11-20T16:30"), hours(1), working_week()) == utc("2026-11-23T09:30")


def test_K2_forty_eight_hours_around_two_holidays_are_due_on_15_november_at_nine_in_the_evening() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    calendar = daily(NINE_TO_NINE, "Asia/Shanghai", {date(2026, 11, 11): CLOSED, date(2026, 11, 13): CLOSED})
    due = answer_due_at(datetime(2026, 11, 9, 23, tzinfo=shanghai), hours(48), calendar)
    assert due == datetime(2026, 11, 15, 21, tzinfo=shanghai)


def test_K3_on_hold_outside_opening_hours_does_not_move_the_due_date() -> None:
    on_hold = [(utc("2026-11-17T17:00"), utc("2026-11-18T09:00"))]
    due = answer_due_at(utc("2026-11-17T09:00"), hours(8), working_week(), on_hold)
    assert due == utc("2026-11-17T17:00")


def test_K12_the_clock_runs_on_a_make_up_saturday() -> None:
    saturday = date(2026, 2, 14)  # the Chinese calendar makes it a working day
    calendar = working_week(zone="Asia/Shanghai", days={saturday: NINE_TO_FIVE, date(2026, 2, 16): CLOSED})
    shanghai = ZoneInfo("Asia/Shanghai")
    due = answer_due_at(datetime(2026, 2, 14, 10, tzinfo=shanghai), hours(2), calendar)
    assert due == datetime(2026, 2, 14, 12, tzinfo=shanghai)


def test_a_pause_within_opening_hours_moves_the_due_date_by_just_that_much() -> None:
    on_hold = [(utc("2026-11-17T10:00"), utc("2026-11-17T12:00"))]
    assert answer_due_at(utc("2026-11-17T09:00"), hours(4), working_week(), on_hold) == utc("2026-11-17T15:00")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-27T16:00", "2026-03-30T10:00"),  # an hour of Friday, the other after the change to summer time
        ("2026-10-23T16:00", "2026-10-26T10:00"),
    ],
)
def test_a_change_of_the_clocks_at_the_weekend_costs_nobody_an_hour(start: str, due: str) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    got = answer_due_at(
        datetime.fromisoformat(start).replace(tzinfo=berlin), hours(2), working_week(zone="Europe/Berlin")
    )
    assert got == datetime.fromisoformat(due).replace(tzinfo=berlin)


@pytest.mark.parametrize(("day", "open_for"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_day_open_around_the_clock_is_as_long_as_the_clocks_make_it(day: str, open_for: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin = datetime.fromisoformat(day).replace(tzinfo=berlin)
    end = begin + timedelta(days=1)
    assert working_time_between(begin, end, daily(ALWAYS, "Europe/Berlin")) == hours(open_for)


def test_a_calendar_that_never_opens_is_refused_instead_of_searched_for_ever() -> None:
    with pytest.raises(DomainError, match="calendar_never_opens"):
        answer_due_at(utc("2026-11-17T09:00"), hours(1), daily(CLOSED))


@pytest.mark.parametrize("openings", [(Opening(540, 720), Opening(700, 900)), (Opening(700, 900), Opening(540, 600))])
def test_openings_that_overlap_or_go_back_are_refused(openings: Openings) -> None:
    with pytest.raises(DomainError, match="opening_hours_invalid"):
        daily(openings)


# --- the oracle: it knows nothing but the local clock, and looks at it once a minute -------------------------------
MINUTE = timedelta(minutes=1)


def open_minutes(first: datetime, days: int, calendar: Calendar) -> list[datetime]:
    """Every minute of `days` days that is open, by looking at the clock on the wall. `first` is a whole minute."""
    minutes = [first + i * MINUTE for i in range(days * 1440)]
    shown = [minute.astimezone(calendar.zone) for minute in minutes]
    by_day: dict[date, list[tuple[datetime, int]]] = {}
    for minute, clock in zip(minutes, shown, strict=True):
        by_day.setdefault(clock.date(), []).append((minute, clock.hour * 60 + clock.minute))
    opened: list[datetime] = []
    for day, walls in by_day.items():
        for opening in calendar.openings_on(day):
            begun = closed = False
            for minute, wall in walls:
                begun = begun or wall >= opening.opens
                closed = closed or wall >= opening.closes
                if begun and not closed:
                    opened.append(minute)
    return opened


def due_by_stepping(start: datetime, minutes: int, calendar: Calendar, pauses: Sequence[Interval]) -> datetime:
    """Tick off open minutes that are not paused until enough are done."""
    left = minutes
    for minute in open_minutes(start.astimezone(UTC) - timedelta(days=2), 40, calendar):
        if minute >= start and not any(begin <= minute < end for begin, end in pauses):
            left -= 1
            if left == 0:
                return minute + MINUTE
    raise AssertionError("the oracle looked too short a time")


@st.composite
def openings(draw: st.DrawFn) -> Openings:
    edges = sorted(draw(st.sets(st.sampled_from(range(0, 1441, 30)), min_size=2, max_size=4)))
    edges = edges[: len(edges) // 2 * 2]
    return tuple(Opening(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    zone = ZoneInfo(draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Sao_Paulo"])))
    week = [draw(openings()) if draw(st.integers(0, 6)) < 5 else CLOSED for _ in range(7)]
    week[draw(st.integers(0, 6))] = draw(openings())  # at least one day is open
    odd = draw(
        st.dictionaries(
            st.dates(date(2018, 10, 25), date(2018, 11, 12)), st.one_of(st.just(CLOSED), openings()), max_size=6
        )
    )
    return Calendar(zone, tuple(week), odd)  # type: ignore[arg-type]


minutes_of_autumn = st.integers(0, 15 * 1440).map(lambda minute: utc("2018-10-26T00:00") + minute * MINUTE)


@settings(max_examples=60, deadline=None)
@given(
    minutes_of_autumn,
    st.integers(1, 600),
    calendars(),
    st.lists(st.tuples(minutes_of_autumn, st.integers(1, 2000)), max_size=3),
)
@example(utc("2018-10-27T12:00"), 600, daily(ALWAYS, "Europe/Berlin"), [])
@example(
    utc("2018-11-03T12:00"), 600, daily(ALWAYS, "America/Sao_Paulo"), []
)  # midnight of the 4th does not exist there
def test_the_due_date_is_what_stepping_through_the_minutes_gives(
    start: datetime, minutes: int, calendar: Calendar, holds: list[tuple[datetime, int]]
) -> None:
    pauses = [(begin, begin + length * MINUTE) for begin, length in holds]
    due = answer_due_at(start, minutes * MINUTE, calendar, pauses)
    assert due == due_by_stepping(start, minutes, calendar, pauses)
    assert working_time_between(start, due, calendar, pauses) == minutes * MINUTE


@settings(max_examples=100, deadline=None)
@given(minutes_of_autumn, st.lists(st.integers(0, 3000), min_size=1, max_size=5), st.integers(1, 900), calendars())
def test_stopping_and_going_on_step_by_step_equals_all_pauses_known_at_once(
    start: datetime, gaps: list[int], minutes: int, calendar: Calendar
) -> None:
    instants = [start]
    for gap in gaps:
        instants.append(instants[-1] + gap * MINUTE)
    left, now, pauses = minutes * MINUTE, start, []
    for index, (begin, end) in enumerate(pairwise(instants)):
        if index % 2 == 0:  # runs
            worked = working_time_between(begin, end, calendar)
            if worked >= left:
                break
            left -= worked
        else:  # stopped
            pauses.append((begin, end))
        now = end
    assert answer_due_at(now, left, calendar) == answer_due_at(start, minutes * MINUTE, calendar, pauses)
