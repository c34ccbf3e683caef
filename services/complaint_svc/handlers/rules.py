"""An operator changes the rules: days of the calendar, allowances of deadlines. What runs keeps its promise."""

from datetime import date

from services.complaint_svc import repository
from services.complaint_svc.domain.allowances import Allowance, RuleKey
from services.complaint_svc.domain.opening_hours import read_openings
from shared.errors import invalid, not_found
from shared.messaging import Transaction


async def change_a_calendar_day(
    tx: Transaction, day: date, working: bool, hours: list[str], note: str | None, by: str
) -> None:
    """Deadlines counted from now on know the day; those already promised are not moved by it."""
    if hours and not working:
        raise invalid("hours_of_a_closed_day", "a day that is not worked has no hours", pointer="/hours")
    read_openings(hours)
    await repository.save_calendar_day(tx, repository.CalendarDay(day, working, hours, note, tx.at, by))


async def forget_a_calendar_day(tx: Transaction, day: date) -> None:
    if not await repository.remove_calendar_day(tx, day):
        raise not_found("calendar_day_not_found", "nothing was said about this day")


async def change_a_deadline_rule(tx: Transaction, key: RuleKey, allowance: Allowance, by: str) -> None:
    """For cases filed from now on, and for changes of tier or severity that better an open one."""
    await repository.save_deadline_rule(tx, key, allowance, by)
