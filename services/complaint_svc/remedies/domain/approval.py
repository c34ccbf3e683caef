"""A proposal beyond what a person may give alone waits for another person, and is decided once (C5, K24)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from shared.authority import CountedPer, Gift, check_another_person, is_same_person
from shared.errors import conflict, forbidden

ApprovalState = Literal["pending", "approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody wants to propose, which limits it goes beyond, and who decided. The id becomes the proposal's.

    `text` is what the customer is to be told. Nothing of it reaches the customer, or a partner, before it is approved.
    """

    id: UUID
    case_id: UUID
    round: int
    points: int
    amount: Decimal
    text: str | None
    limits_reached: tuple[CountedPer, ...]
    requested_by: str
    requested_at: datetime
    state: ApprovalState = "pending"
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str | None = None

    @property
    def gift(self) -> Gift:
        return Gift(self.points, self.amount)


def approve(approval: Approval, by: str, at: datetime, note: str | None, proposers: Collection[str]) -> Approval:
    """By another person than who asked, and than all who proposed something in the case (`proposers`, subjects).

    So within a case two people never approve each other's. 403 `own_approval`, 403 `took_part`.
    """
    _check_pending(approval)
    check_another_person(approval.requested_by, by)
    if any(is_same_person(proposer, by) for proposer in proposers):
        raise forbidden("took_part", "Whoever proposed something in a case approves nothing in it.")
    return replace(approval, state="approved", decided_by=by, decided_at=at, note=note)


def reject(approval: Approval, by: str, at: datetime, note: str | None) -> Approval:
    """By anybody who works cases; whoever asked withdraws it so."""
    _check_pending(approval)
    return replace(approval, state="rejected", decided_by=by, decided_at=at, note=note)


def _check_pending(approval: Approval) -> None:
    if approval.state != "pending":
        raise conflict("approval_not_pending", f"It was decided before: it is {approval.state}.", state=approval.state)
