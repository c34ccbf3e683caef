"""A proposal to settle a case: points and an amount, and what the customer answered."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was offered, and the answer once there is one: `accepted` is None while the customer has not answered."""

    id: UUID
    points: int
    amount: Decimal
    proposed_at: datetime
    answered_at: datetime | None = None
    accepted: bool | None = None
