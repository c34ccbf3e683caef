"""Lots: points earned at one time, with one expiry; the first to expire is used first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LotTerms:
    """What a new lot begins with: when its points were earned, until when they can be used, and for which order."""

    earned_at: datetime
    expires_at: datetime
    order_id: UUID | None = None


@dataclass(slots=True)
class Lot:
    """Points of one earning, some of them spent or expired by now."""

    id: UUID
    entry_id: UUID  # the entry that made it
    order_id: UUID | None
    earned_at: datetime
    expires_at: datetime
    points: int
    remaining: int  # what can still be spent of it
    expired: int = 0  # what nobody used in time

    def is_overdue(self, at: datetime) -> bool:
        """Its time is over: nothing of it can be spent, whether or not it has been expired yet."""
        return self.expires_at <= at


def first_to_expire(lots: Iterable[Lot]) -> list[Lot]:
    """In the order in which lots are spent; lots of one instant by their ids, which grow with time."""
    return sorted(lots, key=lambda lot: (lot.expires_at, lot.id))


class LotsNotLoaded(RuntimeError):
    """The balance says there are points, but the lots at hand do not hold them: the caller loaded too few."""
