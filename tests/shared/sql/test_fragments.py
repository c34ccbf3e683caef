"""Pieces of SQL about two times and about months say what Python says."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.messaging import Database
from shared.sql.fragments import day_of, in_month, known_at, known_at_or_now, month_of, start_of

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
hours = st.integers(0, 4).map(lambda n: BEGIN + timedelta(hours=n))
instants = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
zones = st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Apia", "Europe/London"])


@FEW
@given(instant=hours, known_from=hours, known_until=st.none() | hours)
async def test_what_was_known_at_an_instant(
    instant: datetime, known_from: datetime, known_until: datetime | None, database: Database
) -> None:
    pieces = (
        known_at("$1::timestamptz", "$2::timestamptz"),
        known_at("$1::timestamptz", "$2::timestamptz", "$3::timestamptz"),
        known_at_or_now("$1::timestamptz", "$2::timestamptz", "$3::timestamptz"),
        known_at_or_now("null::timestamptz", "$2::timestamptz", "$3::timestamptz"),
        known_at_or_now("null::timestamptz", "$2::timestamptz"),
    )
    select = "select " + ", ".join(f"({piece})" for piece in pieces)
    row = await database.run(lambda tx: tx.raw.fetchrow(select, instant, known_from, known_until))
    recorded = known_from <= instant
    holds = recorded and (known_until is None or known_until > instant)
    assert tuple(row or ()) == (recorded, holds, holds, known_until is None, True)


@FEW
@given(instant=instants, month=st.dates(date(2015, 1, 1), date(2030, 1, 1)), zone=zones)
async def test_months_and_days_are_those_of_the_business(
    instant: datetime, month: date, zone: str, database: Database
) -> None:
    month = month.replace(day=1)
    pieces = (month_of("$1::timestamptz", "$3"), day_of("$1::timestamptz", "$3"), start_of("$2::date", "$3"),
              in_month("$1::timestamptz", "$2::date", "$3"))  # fmt: skip
    select = "select " + ", ".join(f"({piece})" for piece in pieces)
    row = await database.run(lambda tx: tx.raw.fetchrow(select, instant, month, zone))
    local = instant.astimezone(ZoneInfo(zone))
    begins = datetime(month.year, month.month, 1, tzinfo=ZoneInfo(zone))
    assert tuple(row or ()) == (
        local.date().replace(day=1), local.date(), begins, local.date().replace(day=1) == month,
    )  # fmt: skip
