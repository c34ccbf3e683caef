"""A proposal to settle a case: points and an amount, who made and approved it, and what the customer answered."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from shared.authority import person_id


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was offered, and the answer once there is one: `accepted` is None while the customer has not answered.

    `counted_on` is the business day on which it counts against the limits of `proposed_by`. `approved_by`: the other
    person, where the limits needed one; then it counts against nobody's. `roles` and `authority_version`: by which
    roles, and which version of the authority rules, it was within the limits, where nobody else approved.
    """

    id: UUID
    points: int
    amount: Decimal
    proposed_at: datetime
    answered_at: datetime | None = None
    accepted: bool | None = None
    proposed_by: str | None = None
    counted_on: date | None = None
    approved_by: str | None = None
    roles: tuple[str, ...] | None = None
    authority_version: int | None = None

    @property
    def granted_by(self) -> UUID | None:
        """The opaque id of who made it, for events; None for what was proposed before that was noted."""
        return None if self.proposed_by is None else person_id(self.proposed_by)

    @property
    def approver_id(self) -> UUID | None:
        """The opaque id of who approved it, for events; None where nobody had to."""
        return None if self.approved_by is None else person_id(self.approved_by)
