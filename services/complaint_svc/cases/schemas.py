"""HTTP shapes of complaints: what comes in and what goes out."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.complaint_svc.deadlines.schemas import DeadlineRead
from services.complaint_svc.remedies.schemas import ApprovalRead, GivenPoints
from shared.chassis import Amount, AnnouncedCode, Code, Id, Instant, Name, Read, Shape, Text
from shared.events.complaint import CaseKind, Severity

Channel = Literal["call", "email", "fax", "letter", "web", "partner", "on_site"]
NextStep = Literal["acknowledgement", "judgement", "proposals", "acceptance", "resolution", "follow-up", "reopening"]
Reason = Annotated[Text, StringConstraints(min_length=1)]
Rating = Annotated[int, Field(ge=1, le=5, json_schema_extra={"format": "int32"})]


class ComplaintCustomer(Shape):
    """Whose complaint it is."""

    id: Id


class CaseContactCreate(Shape):
    name: Name | None = None
    phone: Annotated[Text, StringConstraints(max_length=40)] | None = None
    email: Annotated[Text, StringConstraints(max_length=254)] | None = None


class AboutCreate(Shape):
    order_id: Code | None = None
    sku: Code | None = None
    product: Annotated[Text, StringConstraints(max_length=200)] | None = None


class ComplaintCreate(Shape):
    """`customer` is null while nobody knows who it is. `filed_at` is for what was filed before it is entered: what is
    over by now is breached at once, unless the steps that were taken since follow (`steps_follow`)."""

    customer: ComplaintCustomer | None = None
    kind: CaseKind = "complaint"
    severity: Severity = "normal"
    channel: Channel
    category: AnnouncedCode
    about: AboutCreate = AboutCreate()
    what_happened: Reason
    happened_at: Instant | None = None
    bought_at: Instant | None = None
    usage: Text | None = None
    request: Text | None = None
    settlement_wish: Text | None = None
    contact: CaseContactCreate = CaseContactCreate()
    filed_at: Instant | None = None
    steps_follow: bool = Field(
        default=False,
        description="the steps taken since `filed_at` are reported next: its deadlines wait a minute for each of them",
    )


class CaseStepCreate(Shape):
    """Every step may say when it happened (`at`), if not now, and hold a note."""

    at: Instant | None = None
    note: Text | None = None


class JudgementCreate(Shape):
    valid: bool
    reason: Reason
    at: Instant | None = None


class ProposalCreate(Shape):
    text: Reason
    points: GivenPoints = 0
    amount: Amount = Decimal(0)
    at: Instant | None = None


class AcceptanceCreate(Shape):
    accepted: bool
    proposal_id: Id | None = None
    reason: Text | None = None
    at: Instant | None = None


class FollowUpCreate(Shape):
    satisfaction: Rating | None = None
    comment: Text | None = None
    close: bool = True
    at: Instant | None = None


class ReopeningCreate(Shape):
    reason: Reason
    at: Instant | None = None


class IdentificationCreate(Shape):
    customer_id: Id
    at: Instant | None = None


class ComplaintUpdate(Shape):
    severity: Severity


class AboutRead(Read):
    order_id: str | None
    sku: str | None
    product: str | None


class CaseContactRead(Read):
    name: str | None
    phone: str | None
    email: str | None


class StepRead(Read):
    """A line of the history. `by` and `note` are null for a partner where it is one of the business's own people's, and
    so is whose case it was taken for."""

    number: int
    round: int
    step: str
    outcome: str | None
    status: str
    at: datetime
    recorded_at: datetime
    by: str | None
    note: str | None
    from_customer: UUID | None = Field(description="of an identification: whose case it was taken for until then")
    to_customer: UUID | None = Field(description="of an identification: whose case it is, with all that it granted")


class ProposalRead(Read):
    id: UUID
    round: int
    text: str | None
    points: int
    amount: Amount
    proposed_at: datetime
    answered_at: datetime | None
    accepted: bool | None
    proposed_by: str | None = Field(description="not told to partners")
    approved_by: str | None = Field(description="another person, where the limits needed one; not told to partners")


class EscalationRead(Read):
    escalation_level: Literal["manager", "head", "sponsor"]
    stage: str
    round: int
    escalated_at: datetime


class ComplaintSummary(Read):
    """A case as one line of a list: nothing personal."""

    id: UUID
    customer_id: UUID | None
    kind: str
    severity: str
    channel: str
    category: str
    status: str
    tier: str | None
    escalation_level: str
    waiting: Literal["customer", "answer"] | None
    filed_at: datetime
    closed_at: datetime | None
    next_due_at: datetime | None
    satisfaction: int | None


class ComplaintRead(ComplaintSummary):
    round: int
    valid: bool | None
    about: AboutRead
    what_happened: str | None
    happened_at: datetime | None
    bought_at: datetime | None
    usage: str | None
    request: str | None
    settlement_wish: str | None
    contact: CaseContactRead
    deadlines: list[DeadlineRead]
    next_steps: list[NextStep]
    steps: list[StepRead]
    proposals: list[ProposalRead]
    approvals: list[ApprovalRead] = Field(
        description="what goes beyond one person's limits, and who decided; not told to partners"
    )
    escalations: list[EscalationRead]


class StatisticsRead(Read):
    """Of the cases filed in the period. `on_time_rate` is the share of ended deadlines that were met, 0 to 1."""

    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    cases: int
    by_kind: dict[str, int]
    by_status: dict[str, int]
    met: dict[str, int]
    breached: dict[str, int]
    on_time_rate: Decimal | None
    mean_satisfaction: Decimal | None
