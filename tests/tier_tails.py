"""`TierChanged` for tests, as tiering announces it: one row, or the rows of a whole tail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from shared.events import TierChanged, TierPeriod

POLICY: dict[str, Any] = {"policy_id": UUID(int=9), "policy_version": 1}


def tier_period(change_id: UUID, tier: str, rank: int, effective_from: datetime, **more: Any) -> TierPeriod:
    """A row of the history; it is an upgrade by a policy of the tests where nothing else is said."""
    fields: dict[str, Any] = {"kind": "upgrade", **POLICY, **more}
    return TierPeriod(change_id=change_id, tier=tier, rank=rank, effective_from=effective_from, **fields)


def tail_changed(customer_id: UUID, *periods: TierPeriod, decided_at: datetime | None = None) -> TierChanged:
    """The event that carries these rows, oldest first; decided when the last one began unless it is said."""
    fields = periods[-1].model_dump() | {"changed_from": periods[0].effective_from, "periods": periods}
    return TierChanged(customer_id=customer_id, decided_at=decided_at or periods[-1].effective_from, **fields)


def row_changed(
    customer_id: UUID,
    change_id: UUID,
    tier: str,
    rank: int,
    effective_from: datetime,
    decided_at: datetime | None = None,
    **more: Any,
) -> TierChanged:
    """The event of a history that got one row."""
    period = tier_period(change_id, tier, rank, effective_from, **more)
    return tail_changed(customer_id, period, decided_at=decided_at)
