"""SQL of what people read: history as it was known, the pyramid by level."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A row of a customer's tier history, with the reasons kept with it; `ends_at` None: open."""

    id: UUID
    previous_tier: str | None
    tier: str
    rank: int
    kind: str
    starts_at: datetime
    ends_at: datetime | None
    recorded_at: datetime
    policy_id: UUID
    policy_version: int
    run_id: UUID | None
    reasons: dict[str, Any]


# What was known at $2: rows recorded by then and not replaced by then. A row's end is the next such row's beginning,
# because the end that is written may have become known later.
HISTORY = """
select id, previous_tier, tier, rank, kind, lower(effective) as starts_at,
       lead(lower(effective)) over (order by lower(effective)) as ends_at,
       recorded_at, policy_id, policy_version, run_id, reasons
from tier_history
where customer_id = $1 and recorded_at <= $2 and (superseded_at is null or superseded_at > $2)
order by lower(effective)
"""


async def list_history(tx: Transaction, customer_id: UUID, known_at: datetime) -> list[HistoryRow]:
    """Oldest first."""
    return [_history_row(row) for row in await tx.raw.fetch(HISTORY, customer_id, known_at)]


def _history_row(row: Mapping[str, Any]) -> HistoryRow:
    return HistoryRow(**row)
