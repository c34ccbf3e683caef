"""Days an operator said something about, over those the country publishes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql as pg

from services.complaint_svc.calendars.tables import calendar_day
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day as an operator said it is worked, who said so and when."""

    day: date
    working: bool
    hours: list[str]  # empty on a working day: those of its weekday
    note: str | None
    changed_at: datetime
    changed_by: str


async def list_calendar_days(tx: Transaction) -> list[CalendarDay]:
    """All of them, in order: a deadline may lie in any year."""
    return [_read(row) for row in await tx.raw.fetch("select * from calendar_day order by day")]


async def save_calendar_day(tx: Transaction, day: CalendarDay) -> None:
    """The last word on a day replaces the one before."""
    changed = asdict(day)
    insert = pg.insert(calendar_day).values(**changed)
    del changed["day"]
    await tx.sql.execute(insert.on_conflict_do_update(index_elements=["day"], set_=changed))


async def delete_calendar_day(tx: Transaction, day: date) -> bool:
    """Whether there was one."""
    removed = await tx.sql.execute(delete(calendar_day).where(calendar_day.c.day == day))
    return removed.rowcount > 0


def _read(row: Mapping[str, Any]) -> CalendarDay:
    return CalendarDay(**{name: row[name] for name in CalendarDay.__slots__})
