"""Holds: points set aside for something that may still fall through. One ends once: captured, released or expired."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import LotPart
from shared.errors import conflict, invalid

HoldState = Literal["open", "captured", "released", "expired"]


@dataclass(slots=True)
class Hold:
    """Points of a customer that were set aside, the lots they were taken from, and how the hold ended."""

    id: UUID
    customer_id: UUID
    points: int
    parts: tuple[LotPart, ...]  # the lots they are of, the first to expire first
    expires_at: datetime
    state: HoldState = "open"
    captured: int = 0

    def capture(self, points: int, at: datetime) -> tuple[tuple[LotPart, ...], tuple[LotPart, ...]]:
        """End it by spending so many points. Returns the parts spent and the parts left over. 409 `hold_not_open`.

        At its end it is over (L1), also where its timer is late: the answer must not depend on who is faster.
        """
        self._must_be_open()
        if self.expires_at <= at:
            raise conflict("hold_not_open", "The hold was expired.", state="expired")
        if not 0 < points <= self.points:
            raise invalid("points_out_of_range", f"The hold is of {self.points} points.", pointer="/points")
        self.state, self.captured = "captured", points
        return split_parts(self.parts, points)

    def release(self, *, expired: bool = False) -> tuple[LotPart, ...]:
        """End it without spending. Returns its parts, all of them. 409 `hold_not_open` when it ended before."""
        self._must_be_open()
        self.state = "expired" if expired else "released"
        return self.parts

    def _must_be_open(self) -> None:
        if self.state != "open":
            raise conflict("hold_not_open", f"The hold was {self.state}.", state=self.state)


def split_parts(parts: Sequence[LotPart], points: int) -> tuple[tuple[LotPart, ...], tuple[LotPart, ...]]:
    """The first so many points of the parts, and the rest."""
    first: list[LotPart] = []
    rest: list[LotPart] = []
    for lot_id, part in parts:
        taken = min(part, points)
        points -= taken
        if taken:
            first.append((lot_id, taken))
        if part > taken:
            rest.append((lot_id, part - taken))
    return tuple(first), tuple(rest)
