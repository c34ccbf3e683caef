"""HTTP shapes of complaints: what comes in and what goes out."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from services.complaint_svc.domain.opening_hours import read_openings
from shared.chassis import Amount, Code, Id, Instant, Name, Read, Shape, Text
from shared.errors import DomainError
from shared.events.complaint import CaseKind, Severity

Channel = Literal["call", "email", "fax", "letter", "web", "partner", "on_site"]
StepToCome = Literal["acknowledgement", "judgement", "proposals", "acceptance", "resolution", "follow-up", "reopening"]
Reason = Annotated[Text, StringConstraints(min_length=1)]
Grant = Annotated[int, Field(ge=0, le=100_000_000, json_schema_extra={"format": "int32"})]
Mark = Annotated[int, Field(ge=1, le=5, json_schema_extra={"format": "int32"})]
Minutes = Annotated[int, Field(ge=1, le=60 * 24 * 366, json_schema_extra={"format": "int32"})]


def _openings(hours: str) -> str:
    try:
        read_openings([hours])
    except DomainError as error:
        raise ValueError(error.detail) from None
    return hours


Hours = Annotated[str, AfterValidator(_openings), Field(examples=["09:00-17:00"])]


class CustomerNamed(Shape):
    id: Id


class ContactCreate(Shape):
    name: Name | None = None
    phone: Annotated[Text, StringConstraints(max_length=40)] | None = None
    email: Annotated[Text, StringConstraints(max_length=254)] | None = None


class AboutCreate(Shape):
    order_id: Code | None = None
    sku: Code | None = None
    product: Annotated[Text, StringConstraints(max_length=200)] | None = None


class ComplaintCreate(Shape):
    """`customer` is null while nobody knows who it is. `filed_at` is for what was filed before it is entered."""

    customer: CustomerNamed | None = None
    kind: CaseKind = "complaint"
    severity: Severity = "normal"
    channel: Channel
    category: Code
    about: AboutCreate = AboutCreate()
    what_happened: Reason
    happened_at: Instant | None = None
    bought_at: Instant | None = None
    usage: Text | None = None
    request: Text | None = None
    settlement_wish: Text | None = None
    contact: ContactCreate = ContactCreate()
    filed_at: Instant | None = None


class StepCreate(Shape):
    """Every step may say when it happened (`at`), if not now, and hold a note."""

    at: Instant | None = None
    note: Text | None = None


class JudgementCreate(Shape):
    valid: bool
    reason: Reason
    at: Instant | None = None


class ProposalCreate(Shape):
    text: Reason
    points: Grant = 0
    amount: Amount = Decimal(0)
    at: Instant | None = None


class AcceptanceCreate(Shape):
    accepted: bool
    proposal_id: Id | None = None
    reason: Text | None = None
    at: Instant | None = None


class FollowUpCreate(Shape):
    satisfaction: Mark | None = None
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


class ContactRead(Read):
    name: str | None
    phone: str | None
    email: str | None


class DeadlineRead(Read):
    """`remaining_seconds` is working time; null once the deadline has ended."""

    round: int
    stage: Literal["acknowledgement", "proposal", "solution"]
    state: Literal["running", "paused", "met", "breached", "cancelled"]
    tier: str | None
    allowance_seconds: int
    remaining_seconds: int | None
    started_at: datetime
    due_at: datetime
    warned_at: datetime | None
    breached_at: datetime | None
    done_late_at: datetime | None
    met_at: datetime | None
    cancelled_at: datetime | None


class StepRead(Read):
    number: int
    round: int
    step: str
    outcome: str | None
    status: str
    at: datetime
    recorded_at: datetime
    by: str
    note: str | None


class ProposalRead(Read):
    id: UUID
    round: int
    text: str | None
    points: int
    amount: Amount
    proposed_at: datetime
    answered_at: datetime | None
    accepted: bool | None


class EscalationRead(Read):
    rung: Literal["manager", "head", "sponsor"]
    stage: str
    round: int
    escalated_at: datetime


class ComplaintSummary(Read):
    """A line of a list: nothing personal."""

    id: UUID
    customer_id: UUID | None
    kind: str
    severity: str
    channel: str
    category: str
    status: str
    tier: str | None
    rung: str
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
    contact: ContactRead
    deadlines: list[DeadlineRead]
    next_steps: list[StepToCome]
    steps: list[StepRead]
    proposals: list[ProposalRead]
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


class CalendarDayUpdate(Shape):
    """A day as the business works it. Without `hours` a working day has those of its weekday."""

    working: bool
    hours: Annotated[list[Hours], Field(default_factory=list, max_length=8)]
    note: Annotated[Text, StringConstraints(max_length=200)] | None = None


class CalendarDayRead(Read):
    """`published` is false where the country has not said yet which weekend days of that year are worked."""

    day: date
    working: bool
    hours: list[str]
    source: Literal["week", "published", "override"]
    published: bool
    note: str | None


class CalendarRead(Read):
    time_zone: str
    holidays: str
    published_through: int | None
    week: dict[str, list[str]]
    days: list[CalendarDayRead]


class DeadlineRuleUpdate(Shape):
    """Working minutes from filing; null: no such deadline."""

    acknowledgement_minutes: Minutes | None
    proposal_minutes: Minutes | None
    solution_minutes: Minutes | None


class DeadlineRuleRead(Read):
    kind: CaseKind
    severity: Severity
    tier: str
    acknowledgement_minutes: int | None
    proposal_minutes: int | None
    solution_minutes: int | None
    shipped: bool
