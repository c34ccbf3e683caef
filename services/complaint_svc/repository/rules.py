"""What an operator said: allowances over those shipped, and days the published calendar does not know."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
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


async def load_allowance_rules(tx: Transaction) -> AllowanceRules:
    rows = (await tx.sql.execute(select(deadline_rule))).mappings()
    return AllowanceRules(
        {
            (row["kind"], row["severity"], row["tier"]): Allowance(
                row["acknowledgement"], row["proposal"], row["solution"]
            )
            for row in rows
        }
    )


async def save_deadline_rule(tx: Transaction, key: RuleKey, allowance: Allowance, by: str) -> None:
    kind, severity, tier = key
    changed: dict[str, Any] = {**asdict(allowance), "changed_at": tx.at, "changed_by": by}
    written = pg.insert(deadline_rule).values(kind=kind, severity=severity, tier=tier, **changed)
    await tx.sql.execute(written.on_conflict_do_update(index_elements=["kind", "severity", "tier"], set_=changed))


async def list_calendar_days(tx: Transaction) -> list[CalendarDay]:
    rows = (await tx.sql.execute(select(calendar_day).order_by(calendar_day.c.day))).mappings()
    return [CalendarDay(**dict(row)) for row in rows]


async def save_calendar_day(tx: Transaction, said: CalendarDay) -> None:
    changed = asdict(said)
    written = pg.insert(calendar_day).values(**changed)
    del changed["day"]
    await tx.sql.execute(written.on_conflict_do_update(index_elements=["day"], set_=changed))


async def remove_calendar_day(tx: Transaction, day: date) -> bool:
    removed = await tx.sql.execute(delete(calendar_day).where(calendar_day.c.day == day))
    return removed.rowcount > 0
