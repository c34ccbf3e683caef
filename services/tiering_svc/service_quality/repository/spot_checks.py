"""SQL of spot checks (T15): what a checker found of customers' files and equipment. The last entry of each counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.service_quality.tables.assessments import spot_check
from shared.chassis import DataScope
from shared.messaging import Transaction
from shared.sql import insert_many

COLUMNS = "entry_id, check_id, customer_id, about, finding, checked_at, note, recorded_by, recorded_at"
LATEST = f"""
select {COLUMNS} from (
    select distinct on (check_id) * from spot_check where recorded_at <= $1
    order by check_id, recorded_at desc, entry_id desc
) s
"""
MANAGED_THEN = """exists (
    select from account_team m where m.customer_id = s.customer_id and m.employee_id = $5 and m.role = 'account_manager'
      and m.assigned_at <= s.checked_at and (m.released_at is null or m.released_at > s.checked_at))"""


@dataclass(frozen=True, slots=True)
class SpotCheckRow:
    """An entry about a check: what it was about (`file`, `equipment`), and what was found (`passed`, `wrong`,
    `not_recorded`)."""

    entry_id: UUID
    check_id: UUID
    customer_id: UUID
    about: str
    finding: str
    checked_at: datetime
    note: str | None
    recorded_by: str
    recorded_at: datetime


async def add_spot_check(tx: Transaction, row: SpotCheckRow) -> None:
    """Keep an entry; from now on it is the one that counts of its check."""
    await insert_many(tx, spot_check, [row])


async def find_spot_check(tx: Transaction, check_id: UUID) -> SpotCheckRow | None:
    """The last entry about a check."""
    row = await tx.raw.fetchrow(
        f"select {COLUMNS} from spot_check where check_id = $1 order by recorded_at desc, entry_id desc limit 1",
        check_id,
    )
    return None if row is None else SpotCheckRow(**row)


async def list_made(tx: Transaction, since: datetime, until: datetime, known_at: datetime) -> list[SpotCheckRow]:
    """All checks made in a time, its ends included, as known at an instant."""
    rows = await tx.raw.fetch(
        f"{LATEST} where checked_at >= $2 and checked_at <= $3 order by checked_at, check_id", known_at, since, until
    )
    return [SpotCheckRow(**row) for row in rows]


async def list_spot_checks(
    tx: Transaction, ends: tuple[datetime, datetime], known_at: datetime, customer_id: UUID | None,
    manager: str | None, after: tuple[datetime, UUID] | None, limit: int, scope: DataScope,
) -> Sequence[SpotCheckRow]:  # fmt: skip
    """A page of the checks made from one instant until just before another: of a customer; of those whom a manager
    looked after then; or all of a scope."""
    values: list[Any] = [known_at, *ends, customer_id, manager, *(after or (None, None)), limit]
    rows = await tx.raw.fetch(
        f"""{LATEST} where checked_at >= $2 and checked_at < $3 and ($4::uuid is null or customer_id = $4)
              and ($5::text is null or {MANAGED_THEN})
              and ($6::timestamptz is null or (checked_at, check_id) > ($6, $7::uuid))
              and {scope.where("s.customer_id", values)}
            order by checked_at, check_id limit $8""",
        *values,
    )
    return [SpotCheckRow(**row) for row in rows]
