"""Calendar months in the business time zone: a month is written as its first day."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo

DAY = timedelta(days=1)
MOST_MONTHS = 60


def month_of(instant: datetime, zone: tzinfo) -> date:
    """The month an instant falls into where the business is."""
    local = instant.astimezone(zone)
    return date(local.year, local.month, 1)


def shift(month: date, by: int) -> date:
    """`by` months later (or earlier, when negative)."""
    index = month.year * 12 + month.month - 1 + by
    return date(index // 12, index % 12 + 1, 1)


def start_of(month: date, zone: tzinfo) -> datetime:
    """The instant a month begins where the business is."""
    return datetime(month.year, month.month, 1, tzinfo=zone).astimezone(UTC)


def add_months(instant: datetime, months: int, zone: tzinfo) -> datetime:
    """The same day and hour some months later; the month's last day where it has no such day."""
    local = instant.astimezone(zone)
    month = shift(date(local.year, local.month, 1), months)
    day = min(local.day, monthrange(month.year, month.month)[1])
    return local.replace(year=month.year, month=month.month, day=day).astimezone(UTC)


def first_month(last: date, months: int) -> date:
    """The first month of a window of so many months that ends with `last`."""
    return shift(last, 1 - months)


def spelled(month: date) -> str:
    """A month as text: `2026-03`."""
    return f"{month.year:04}-{month.month:02}"
