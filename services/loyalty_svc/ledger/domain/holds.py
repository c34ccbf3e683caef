"""Holds: points set aside for something that may still fall through. One ends once: captured, released or expired."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import Part
from shared.errors import conflict, invalid

HoldState = Literal["open", "captured", "released", "expired"]


@dataclass(slots=True)
class Hold:
    id: UUID
    customer_id: UUID
    points: int
    parts: tuple[Part, ...]  # the lots they are of, the first to expire first
    expires_at: datetime
    state: HoldState = "open"
    captured: int = 0

    def capture(self, points: int, at: datetime) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
        """End it by spending so many points. Returns the parts spent and the parts left over.

        At its end it is over (L1), also where its timer is late: the answer must not depend on who is faster.
        """
        self._must_be_open()
        if self.expires_at <= at:
            raise conflict("hold_not_open", "the hold was expired", state="expired")
        if not 0 < points <= self.points:
            raise invalid("points_out_of_range", f"the hold is of {self.points} points", pointer="/points")
        self.state, self.captured = "captured", points
        return split(self.parts, points)

    def release(self, *, expired: bool = False) -> tuple[Part, ...]:
        self._must_be_open()
        self.state = "expired" if expired else "released"
        return self.parts

    def _must_be_open(self) -> None:
        if self.state != "open":
            raise conflict("hold_not_open", f"the hold was {self.state}", state=self.state)


def split(parts: Sequence[Part], points: int) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The first so many points of the parts, and the rest."""
    first: list[Part] = []
    rest: list[Part] = []
    for lot_id, part in parts:
        here = min(part, points)
        points -= here
        if here:
            first.append((lot_id, here))
        if part > here:
            rest.append((lot_id, part - here))
    return tuple(first), tuple(rest)
