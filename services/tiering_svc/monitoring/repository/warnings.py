"""SQL of early warnings and their histories (T12)."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from services.tiering_svc.monitoring.domain.warning import EarlyWarning, WarningChange
from services.tiering_svc.monitoring.tables.warnings import early_warning, warning_change
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import Upsert, insert_many

FIELDS = tuple(field.name for field in fields(EarlyWarning))
COLUMNS = ", ".join(f"w.{name}" for name in FIELDS)
CHANGED = Upsert(replace=FIELDS[3:])  # whose it is and of what cause stays


async def load_lasting(tx: Transaction, customers: Sequence[UUID]) -> dict[UUID, dict[str, EarlyWarning]]:
    """The lasting warnings of these customers by cause, locked."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from early_warning w where w.customer_id = any($1::uuid[]) and w.lasting
            order by w.warning_id for update""",
        customers,
    )
    by_customer: dict[UUID, dict[str, EarlyWarning]] = {}
    for warning in map(_warning, rows):
        assert warning.customer_id is not None
        by_customer.setdefault(warning.customer_id, {})[warning.cause] = warning
    return by_customer


async def load_merged_away(tx: Transaction, customers: Sequence[UUID]) -> list[EarlyWarning]:
    """The warnings of these customers that were closed because somebody else stood for them (P12): of each cause the
    last one, where none of it lasts."""
    rows = await tx.raw.fetch(
        f"""select distinct on (w.customer_id, w.cause) {COLUMNS} from early_warning w
            where w.customer_id = any($1::uuid[]) and w.closing = 'merged' and not exists (
                select from early_warning l where l.customer_id = w.customer_id and l.cause = w.cause
                  and (l.lasting or l.warning_id > w.warning_id))
            order by w.customer_id, w.cause, w.warning_id desc""",
        customers,
    )
    return [_warning(row) for row in rows]


async def find_customer_of_warning(tx: Transaction, warning_id: UUID) -> UUID | None:
    """Whom a warning is about; None for one about a class of customers, and where there is none."""
    customer_id: UUID | None = await tx.raw.fetchval(
        "select customer_id from early_warning where warning_id = $1", warning_id
    )
    return customer_id


async def load_warning(tx: Transaction, warning_id: UUID) -> EarlyWarning:
    """A warning, locked; 404 `warning_not_found`."""
    return await _warning_by_id(tx, warning_id, "for update")


async def read_warning(tx: Transaction, warning_id: UUID) -> EarlyWarning:
    """A warning, to be shown; 404 `warning_not_found`."""
    return await _warning_by_id(tx, warning_id, "")


async def _warning_by_id(tx: Transaction, warning_id: UUID, lock: str) -> EarlyWarning:
    row = await tx.raw.fetchrow(f"select {COLUMNS} from early_warning w where w.warning_id = $1 {lock}", warning_id)
    if row is None:
        raise not_found("warning_not_found", "There is no such warning.")
    return _warning(row)


async def save_warnings(tx: Transaction, warnings: Sequence[EarlyWarning]) -> None:
    """Warnings as they are now. Those that do not last any more go first, so that a new one of the cause finds room."""
    for lasting in (False, True):
        rows = [warning for warning in warnings if warning.lasting is lasting]
        await insert_many(tx, early_warning, rows, on_conflict=CHANGED)


async def add_changes(tx: Transaction, changes: Sequence[WarningChange]) -> None:
    """Entries of warnings' histories, which are never changed afterwards."""
    await insert_many(tx, warning_change, changes)


async def list_changes(tx: Transaction, warning_id: UUID) -> list[WarningChange]:
    """A warning's history, oldest first."""
    rows = await tx.raw.fetch(
        """select change_id, warning_id, at, kind, by, as_of, severity, code, note, evidence from warning_change
           where warning_id = $1 order by change_id""",
        warning_id,
    )  # fmt: skip
    return [WarningChange(*row) for row in rows]


def _warning(row: Mapping[str, Any]) -> EarlyWarning:
    return EarlyWarning(**row)
