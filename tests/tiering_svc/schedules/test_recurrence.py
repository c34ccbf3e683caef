"""T10: due instants equal dateutil's recurrences, and hourly ones a count of every minute, in zones of all kinds."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.tiering_svc.schedules.domain.recurrence import Recurrence, due_instants, next_due

ZONES = (
    "UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca", "America/St_Johns",
)  # fmt: skip
FIRST, LAST = datetime(2005, 1, 1, tzinfo=UTC), datetime(2030, 12, 31, tzinfo=UTC)

times = {"minute": st.integers(0, 59), "hour": st.integers(0, 23)}
days = st.integers(1, 31)
recurrences = st.one_of(
    st.builds(Recurrence, st.just("daily"), **times),
    st.builds(Recurrence, st.just("weekly"), weekday=st.integers(0, 6), **times),
    st.builds(Recurrence, st.just("monthly"), day=days, **times),
    st.builds(Recurrence, st.just("quarterly"), day=days, month=st.integers(1, 3), **times),
)
instants = st.datetimes(
    FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(UTC)
)  # fmt: skip


def by_dateutil(recurrence: Recurrence, zone: str, after: datetime, until: datetime) -> list[datetime]:
    """The same by another library: recurrences of local time, then what local time means in the zone."""
    begins = datetime.combine(after.date() - timedelta(days=40), datetime.min.time())
    begins = begins.replace(hour=recurrence.hour, minute=recurrence.minute)
    ends = until.replace(tzinfo=None) + timedelta(days=3)
    of_month = {"bymonthday": [*range(min(recurrence.day, 28), recurrence.day + 1)], "bysetpos": -1}
    if recurrence.day == 31:
        of_month = {"bymonthday": -1}
    match recurrence.every:
        case "daily":
            rule = rrule(DAILY, dtstart=begins, until=ends)
        case "weekly":
            rule = rrule(WEEKLY, byweekday=recurrence.weekday, dtstart=begins, until=ends)
        case "monthly":
            rule = rrule(MONTHLY, dtstart=begins.replace(day=1), until=ends, **of_month)
        case _:
            months = [month for month in range(1, 13) if (month - 1) % 3 == recurrence.month - 1]
            rule = rrule(MONTHLY, bymonth=months, dtstart=begins.replace(day=1), until=ends, **of_month)
    there = tz.gettz(zone)
    local = (tz.resolve_imaginary(moment.replace(tzinfo=there)) for moment in rule)
    return sorted({moment for there in local if after < (moment := there.astimezone(UTC)) <= until})


@settings(max_examples=400, deadline=None)
@given(recurrences, st.sampled_from(ZONES), instants, st.integers(0, 800))
@example(Recurrence("daily", hour=4), "Pacific/Apia", datetime(2011, 12, 27, tzinfo=UTC), 6)  # there was no 30th
@example(Recurrence("daily", minute=30, hour=2), "Europe/Berlin", datetime(2026, 3, 27, tzinfo=UTC), 4)
@example(Recurrence("daily", minute=30, hour=2), "Europe/Berlin", datetime(2026, 10, 23, tzinfo=UTC), 4)
@example(Recurrence("monthly", day=31, hour=2), "UTC", datetime(2027, 12, 1, tzinfo=UTC), 400)
@example(Recurrence("daily"), "America/Sao_Paulo", datetime(2018, 11, 2, tzinfo=UTC), 4)  # midnight is left out
def test_T10_due_instants_are_those_of_another_library(
    recurrence: Recurrence, zone: str, after: datetime, length: int
) -> None:
    until = after + timedelta(days=length)
    due = list(due_instants(recurrence, ZoneInfo(zone), after, until))
    assert due == by_dateutil(recurrence, zone, after, until)


@settings(max_examples=60, deadline=None)
@given(recurrences, st.sampled_from(ZONES), instants, st.lists(st.integers(0, 200), max_size=4))
def test_T10_looking_often_or_seldom_finds_the_same(
    recurrence: Recurrence, zone: str, after: datetime, looks: list[int]
) -> None:
    until = after + timedelta(days=sum(looks))
    due: list[datetime] = []
    before = after
    for pause in looks:
        due += due_instants(recurrence, ZoneInfo(zone), before, before + timedelta(days=pause))
        before += timedelta(days=pause)
    assert due == list(due_instants(recurrence, ZoneInfo(zone), after, until))
    expected = next_due(recurrence, ZoneInfo(zone), after)
    assert expected is not None
    assert not due or due[0] == expected


def every_minute(after: datetime, until: datetime) -> Iterator[datetime]:
    minute = after.replace(second=0, microsecond=0)
    while minute <= until:
        if minute > after:
            yield minute
        minute += timedelta(minutes=1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 59), st.sampled_from(ZONES), instants, st.integers(0, 3000))
@example(45, "Australia/Lord_Howe", datetime(2026, 4, 4, 13, tzinfo=UTC), 300)
@example(10, "Europe/Berlin", datetime(2026, 10, 24, 22, 5, 3, tzinfo=UTC), 400)
@example(10, "Europe/Berlin", datetime(2026, 3, 28, 22, 10, tzinfo=UTC), 400)
def test_T10_hourly_is_every_instant_whose_clock_shows_the_minute(
    minute: int, zone: str, after: datetime, length: int
) -> None:
    until, there = after + timedelta(minutes=length), ZoneInfo(zone)
    counted = [moment for moment in every_minute(after, until) if moment.astimezone(there).minute == minute]
    assert list(due_instants(Recurrence("hourly", minute=minute), there, after, until)) == counted


@pytest.mark.parametrize(
    ("month", "day", "expected"),
    [(2, 30, date(2027, 2, 28)), (2, 29, date(2027, 2, 28)), (4, 31, date(2027, 4, 30)), (12, 31, date(2027, 12, 31))],
)
def test_T10_a_day_that_a_month_does_not_have_is_its_last(month: int, day: int, expected: date) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    begins = datetime(2027, month, 1, tzinfo=zone)
    due_at = next_due(Recurrence("monthly", day=day, hour=3), zone, begins)
    assert due_at == datetime(expected.year, expected.month, expected.day, 3, tzinfo=zone)


def test_T10_off_is_never() -> None:
    assert list(due_instants(Recurrence("off"), ZoneInfo("UTC"), FIRST, LAST)) == []
    assert next_due(Recurrence("off"), ZoneInfo("UTC"), FIRST) is None
