"""What an operator said: allowances over those shipped, and days the published calendar does not know."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql as pg

from services.complaint_svc.domain.allowances import Allowance, AllowanceRules, RuleKey
from services.complaint_svc.tables import calendar_day, deadline_rule
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class CalendarDay:
    day: date
    working: bool
    hours: list[str]  # empty on a working day: those of its weekday
    note: str | None
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Said:
    """All that operators said: rules and days."""

    rules: AllowanceRules
    days: tuple[CalendarDay, ...]


async def load_said(tx: Transaction) -> Said:
    """In one round trip: every step of every case needs both."""
    row = await tx.raw.fetchrow(
        "select array(select d from calendar_day d order by day) as days, array(select r from deadline_rule r) as rules"
    )
    assert row is not None  # a select without a table has one row
    rules: dict[RuleKey, Allowance] = {
        (r["kind"], r["severity"], r["tier"]): Allowance(r["acknowledgement"], r["proposal"], r["solution"])
        for r in row["rules"]
    }
    return Said(AllowanceRules(rules), tuple(CalendarDay(**dict(day)) for day in row["days"]))


async def save_deadline_rule(tx: Transaction, key: RuleKey, allowance: Allowance, by: str) -> None:
    kind, severity, tier = key
    changed: dict[str, Any] = {**asdict(allowance), "changed_at": tx.at, "changed_by": by}
    written = pg.insert(deadline_rule).values(kind=kind, severity=severity, tier=tier, **changed)
    await tx.sql.execute(written.on_conflict_do_update(index_elements=["kind", "severity", "tier"], set_=changed))


async def save_calendar_day(tx: Transaction, said: CalendarDay) -> None:
    changed = asdict(said)
    written = pg.insert(calendar_day).values(**changed)
    del changed["day"]
    await tx.sql.execute(written.on_conflict_do_update(index_elements=["day"], set_=changed))


async def remove_calendar_day(tx: Transaction, day: date) -> bool:
    removed = await tx.sql.execute(delete(calendar_day).where(calendar_day.c.day == day))
    return removed.rowcount > 0
