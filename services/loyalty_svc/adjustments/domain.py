"""Points that people give or take by hand: alone within limits that count together, else by two (L1, C5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import Cause, Entry
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.programmes.domain import PointLimits, Programmes
from shared.authority import CountedPer, Gift, Limit, limits_reached, person_id
from shared.errors import conflict, forbidden, invalid
from shared.events import SettlementWithdrawn

AdjustmentState = Literal["pending", "posted", "rejected"]
AdjustmentKind = Literal["adjustment", "transfer", "settlement"]


@dataclass(slots=True)
class Adjustment:
    """A change of a customer's points by a person, and how far its approval has come.

    `points` are signed; a transfer takes them from `customer_id` for `to_customer`. `requester_id` is the person that
    asked for it, or granted the settlement of `case_id`; `counted_on` the business day whose limits it counts against;
    `alone`: it was posted without another person's approval, and so counts.
    """

    id: UUID
    customer_id: UUID
    points: int
    reason: str
    requested_by: str
    requester_id: UUID
    counted_on: date
    kind: AdjustmentKind = "adjustment"
    limits_reached: tuple[CountedPer, ...] = ()
    to_customer: UUID | None = None
    case_id: UUID | None = None
    occurred_at: datetime | None = None  # of a settlement: when it was carried out
    state: AdjustmentState = "pending"
    decided_by: str | None = None
    alone: bool = False
    case_step: int | None = None  # of a settlement: how far its case had come

    def post_alone(self) -> None:
        """Within all limits nobody else is needed."""
        self.state, self.decided_by, self.alone = "posted", self.requested_by, True

    def approve(self, subject: str) -> None:
        """Four eyes: whoever asked for it, or granted it in a case, cannot be the one who approves it."""
        self._must_be_pending()
        if person_id(subject) == self.requester_id:
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


def grant_settlement(settlement: Adjustment, wallet: Wallet, programmes: Programmes) -> Entry:
    """Write the entry of a settlement that is granted, at once or by who approved it here.

    The points live from the resolution on, by the programme in force then, whenever it became known whose they are.
    """
    at = settlement.occurred_at
    assert at is not None  # it is a settlement
    cause = Cause(occurred_at=at, case_id=settlement.case_id, fact_id=settlement.id)
    return wallet.earn(settlement.points, LotTerms(at, programmes.at(at).expires_at(at)), cause, kind="grant")


@dataclass(frozen=True, slots=True)
class GrantedSettlement:
    """A settlement where it is now: in whose wallet, by which entry (None: it waits for approval, or was refused)."""

    resolution_id: UUID
    case_id: UUID
    points: int
    occurred_at: datetime
    case_step: int
    customer_id: UUID
    entry_id: UUID | None

    def withdrawal(self, at: datetime) -> SettlementWithdrawn:
        """What is announced when its points are taken back at an instant."""
        return SettlementWithdrawn(
            customer_id=self.customer_id, case_id=self.case_id, resolution_id=self.resolution_id, points=self.points,
            withdrawn_at=at,
        )  # fmt: skip


def decide_alone(adjustment: Adjustment, given: Mapping[CountedPer, Gift], limits: PointLimits) -> None:
    """Post an adjustment or a transfer at once where all sums stay within their limits; else it waits for another.

    `given`: what this person gave on the day, and what the customer (of two, the one with more) was given within the
    limits' days, by absolute value and without what another person approved. 422 `points_out_of_range` for none, or for
    more than the programme lets anybody move at once.
    """
    if adjustment.points == 0:
        raise invalid("points_out_of_range", "An adjustment has to change something.", pointer="/points")
    if abs(adjustment.points) > limits.most:
        detail = f"At most {limits.most} points are moved at once."
        raise invalid("points_out_of_range", detail, pointer="/points", most=limits.most)
    at_most: dict[CountedPer, Limit] = {"customer": Limit(limits.customer), "day": Limit(limits.day)}
    adjustment.limits_reached = limits_reached(Gift(abs(adjustment.points)), given, at_most)
    if not adjustment.limits_reached:
        adjustment.post_alone()


def decide_settlement(
    adjustment: Adjustment, given: Mapping[CountedPer, Gift], limits: PointLimits, *, approved: bool
) -> None:
    """Grant what a case was settled with, or hold it for approval here.

    Held is what nobody approved in the case and takes the customer's or the person's settlements of the day beyond the
    programme's ceilings; and, approved or not, more than the programme lets anybody move at once.
    """
    at_most: dict[CountedPer, Limit] = {"case": Limit(limits.most)}
    if not approved:
        at_most |= {"customer": Limit(limits.settlement), "day": Limit(limits.settlement_day)}
    adjustment.limits_reached = limits_reached(Gift(adjustment.points), given, at_most)
    if not adjustment.limits_reached:
        adjustment.post_alone()
        adjustment.alone = not approved
