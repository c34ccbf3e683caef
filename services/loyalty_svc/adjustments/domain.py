"""Adjustments by hand: small ones at once, larger ones when another person has approved them (L1)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.errors import conflict, forbidden, invalid

AdjustmentState = Literal["pending", "posted", "rejected"]


@dataclass(slots=True)
class Adjustment:
    """A correction of a customer's points, and how far its approval has come."""

    id: UUID
    customer_id: UUID
    points: int  # signed
    reason: str
    requested_by: str
    state: AdjustmentState = "pending"
    decided_by: str | None = None

    def approve(self, subject: str) -> None:
        """Four eyes: whoever asked for it cannot be the one who approves it."""
        self._must_be_pending()
        if subject == self.requested_by:
            raise forbidden("own_approval", "Another person than the one who asked for it has to approve this.")
        self.state, self.decided_by = "posted", subject

    def reject(self, subject: str) -> None:
        """Anyone allowed may reject; the one who asked may withdraw so."""
        self._must_be_pending()
        self.state, self.decided_by = "rejected", subject

    def _must_be_pending(self) -> None:
        if self.state != "pending":
            detail = f"The adjustment was decided before: it is {self.state}."
            raise conflict("adjustment_not_pending", detail, state=self.state)


def request_adjustment(
    adjustment_id: UUID, customer_id: UUID, points: int, reason: str, subject: str, *, limit: int
) -> Adjustment:
    """Up to the limit (either way) it is posted at once; above it waits for another person. 422 for zero points."""
    if points == 0:
        raise invalid("points_out_of_range", "An adjustment has to change something.", pointer="/points")
    adjustment = Adjustment(adjustment_id, customer_id, points, reason, subject)
    if abs(points) <= limit:
        adjustment.state, adjustment.decided_by = "posted", subject
    return adjustment
