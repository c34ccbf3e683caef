"""What a case was settled with: points for its customer, who may become known only later (L2)."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID

from services.loyalty_svc.adjustments.domain import Adjustment

FROM_CASES = "complaint"  # the subject that stands for what was decided in a case
NOBODY_NAMED = UUID(int=0)  # whoever granted what names nobody is one person


@dataclass(frozen=True, slots=True)
class CaseOwner:
    """Whom a case was identified as last (None: nobody heard of), and at which step of its history."""

    case_id: UUID
    customer_id: UUID | None
    step: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """Points, one or more, that the resolution of a case grants to the case's customer."""

    resolution_id: UUID
    case_id: UUID
    points: int
    resolved_at: datetime
    granted_by: UUID | None = None  # the person that proposed it, an opaque id
    approved_by: UUID | None = None  # the other person that approved it in the case, where one did
    customer_id: UUID | None = None  # whose the case was when it was resolved
    case_step: int = 0  # how far the case had come

    def belongs_to(self, owner: "CaseOwner | None") -> UUID | None:
        """Whose points they are: the customer's of the latest identification, if that was after the resolution."""
        if owner is None or owner.customer_id is None or (self.customer_id and owner.step <= self.case_step):
            return self.customer_id
        return owner.customer_id

    def as_adjustment(self, customer_id: UUID, zone: tzinfo) -> Adjustment:
        """What counts against the limits of who granted it, on the business day of the resolution."""
        return Adjustment(
            self.resolution_id, customer_id, self.points, "settlement of a case", FROM_CASES,
            self.granted_by or NOBODY_NAMED, self.resolved_at.astimezone(zone).date(), kind="settlement",
            case_id=self.case_id, occurred_at=self.resolved_at, case_step=self.case_step,
        )  # fmt: skip
