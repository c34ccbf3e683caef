"""The business calendar: what deadlines are counted by, and an operator's changes to it (C3)."""

from datetime import date

from services.complaint_svc.calendars import repository
from services.complaint_svc.calendars.domain.business_time import Calendar
from services.complaint_svc.calendars.domain.opening_hours import read_openings
from services.complaint_svc.settings import business_settings
from shared.errors import invalid, not_found
from shared.messaging import Transaction


async def load_calendar(tx: Transaction, year: int) -> Calendar:
    """The business calendar around a year: published days, and over them what an operator said."""
    week, ordinary = business_settings().week, business_settings().make_up_hours
    openings = {
        day.day: (read_openings(day.hours) or week[day.day.weekday()] or ordinary) if day.working else ()
        for day in await repository.list_calendar_days(tx)
    }
    return business_settings().calendar(year, openings)


async def change_calendar_day(
    tx: Transaction, day: date, working: bool, hours: list[str], note: str | None, by: str
) -> None:
    """Deadlines counted from now on know the day; those already promised are not moved by it."""
    if hours and not working:
        raise invalid("hours_of_a_closed_day", "A day that is not worked has no hours.", pointer="/hours")
    read_openings(hours)
    await repository.save_calendar_day(tx, repository.CalendarDay(day, working, hours, note, tx.at, by))


async def delete_calendar_day(tx: Transaction, day: date) -> None:
    """The published calendar holds again for deadlines counted from now on; what was promised stays."""
    if not await repository.delete_calendar_day(tx, day):
        raise not_found("calendar_day_not_found", "No operator said anything about this day.")
