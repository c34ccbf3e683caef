"""What complaint announces: a case's steps (C2) and deadlines (C3). Key: the customer, or the case if unknown."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Amount, Code, Event, Instant, catalogued

TOPIC = "patron.complaint"

CaseKind = Literal["complaint", "suggestion", "praise", "consultation", "repair"]
Severity = Literal["low", "normal", "high", "critical"]
Stage = Literal["acknowledgement", "proposal", "solution"]


class CaseEvent(Event):
    """Base of the case's events. `subject_id` is the customer's id, or the case's own while nobody is identified."""

    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "subject_id"

    subject_id: UUID
    case_id: UUID
    customer_id: UUID | None = None


@catalogued
class ComplaintFiled(CaseEvent):
    type: ClassVar[str] = "complaint.complaint_filed.v1"
    time_field: ClassVar[str] = "filed_at"

    kind: CaseKind
    severity: Severity
    channel: Code
    category: Code
    tier: Code | None = None
    filed_at: Instant


@catalogued
class ComplaintAcknowledged(CaseEvent):
    type: ClassVar[str] = "complaint.complaint_acknowledged.v1"
    time_field: ClassVar[str] = "acknowledged_at"

    acknowledged_at: Instant


@catalogued
class ComplaintJudged(CaseEvent):
    type: ClassVar[str] = "complaint.complaint_judged.v1"
    time_field: ClassVar[str] = "judged_at"

    valid: bool
    judged_at: Instant


@catalogued
class SettlementProposed(CaseEvent):
    type: ClassVar[str] = "complaint.settlement_proposed.v1"
    time_field: ClassVar[str] = "proposed_at"

    proposal_id: UUID
    points: int
    amount: Amount
    proposed_at: Instant


@catalogued
class SettlementAnswered(CaseEvent):
    type: ClassVar[str] = "complaint.settlement_answered.v1"
    time_field: ClassVar[str] = "answered_at"

    proposal_id: UUID
    accepted: bool
    answered_at: Instant


@catalogued
class ComplaintResolved(CaseEvent):
    """The accepted proposal was carried out. `points` are the loyalty ledger's to grant, once a `resolution_id`."""

    type: ClassVar[str] = "complaint.complaint_resolved.v1"
    time_field: ClassVar[str] = "resolved_at"

    resolution_id: UUID
    points: int
    amount: Amount
    resolved_at: Instant


@catalogued
class ComplaintClosed(CaseEvent):
    type: ClassVar[str] = "complaint.complaint_closed.v1"
    time_field: ClassVar[str] = "closed_at"

    satisfaction: int | None = None  # 1 (very dissatisfied) .. 5
    closed_at: Instant


@catalogued
class ComplaintReopened(CaseEvent):
    type: ClassVar[str] = "complaint.complaint_reopened.v1"
    time_field: ClassVar[str] = "reopened_at"

    reopened_at: Instant


@catalogued
class CustomerIdentified(CaseEvent):
    """A case filed by nobody known was linked to a customer; its earlier events stay under the case's id."""

    type: ClassVar[str] = "complaint.customer_identified.v1"
    time_field: ClassVar[str] = "identified_at"

    open: bool
    identified_at: Instant


@catalogued
class DeadlineWarned(CaseEvent):
    type: ClassVar[str] = "complaint.deadline_warned.v1"
    time_field: ClassVar[str] = "warned_at"

    stage: Stage
    due_at: Instant
    warned_at: Instant


@catalogued
class DeadlineBreached(CaseEvent):
    type: ClassVar[str] = "complaint.deadline_breached.v1"
    time_field: ClassVar[str] = "breached_at"

    stage: Stage
    due_at: Instant
    breached_at: Instant


@catalogued
class ComplaintEscalated(CaseEvent):
    """The case was escalated, agent -> manager -> head -> sponsor: one level at a breach, or when one is ignored."""

    type: ClassVar[str] = "complaint.complaint_escalated.v1"
    time_field: ClassVar[str] = "escalated_at"

    stage: Stage
    escalation_level: Literal["manager", "head", "sponsor"]
    escalated_at: Instant
