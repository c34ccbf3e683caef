"""What complaint announces: a case's steps (C2) and deadlines (C3). Key: the customer, or the case if unknown."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Amount, Code, Event, Instant, catalogued

TOPIC = "patron.complaint"

# What complaint itself writes today. On the wire these are codes: a later release may announce others.
CaseKind = Literal["complaint", "suggestion", "praise", "consultation", "repair"]
Severity = Literal["low", "normal", "high", "critical"]
Stage = Literal["acknowledgement", "proposal", "solution"]


class CaseEvent(Event):
    """Base of a case's events: what has its key and which case it is."""

    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "subject_id"

    subject_id: UUID
    """The key: the customer's id, or the case's own while nobody is identified."""
    case_id: UUID
    """The case it happened to."""
    customer_id: UUID | None = None
    """Whose case it is, once that is known."""
    step: int | None = None
    """How many steps the case's history had by then, 1 or more. Facts of a case may come under several keys, so in any
    order: whose case it is is what the one with the greatest number says."""


@catalogued
class ComplaintFiled(CaseEvent):
    """A case was filed: a complaint, a suggestion, praise, a consultation or a repair."""

    type: ClassVar[str] = "complaint.complaint_filed.v1"
    time_field: ClassVar[str] = "filed_at"

    kind: Code
    """What the case is: `complaint`, `suggestion`, `praise`, `consultation`, `repair`; there may be others."""
    severity: Code
    """How grave it is, which shortens the deadlines: `low`, `normal`, `high`, `critical`; there may be others."""
    channel: Code
    """How it was filed: phone, web, partner …"""
    category: Code
    """What it is about, a code of the company."""
    tier: Code | None = None
    """The customer's tier at the filing, where it has one; it sets the deadlines."""
    filed_at: Instant
    """When it was filed: deadlines count from here."""


@catalogued
class ComplaintAcknowledged(CaseEvent):
    """The customer was told that its case was received and is in work."""

    type: ClassVar[str] = "complaint.complaint_acknowledged.v1"
    time_field: ClassVar[str] = "acknowledged_at"

    acknowledged_at: Instant
    """When the customer was told that the case is in work."""
    kind: Code | None = None
    """What the case is: `complaint`, `suggestion`, `praise`, `consultation`, `repair`; there may be others."""
    answer_by: Instant | None = None
    """By when the customer has the next answer. Missing: none is owed, or its deadline stands."""
    reached_by: tuple[Code, ...] = ()
    """By which channels somebody can be reached whom the case names beside its customer: `email`, `text`; there may be
    others. Empty: it names nobody. That person's id, where one is asked for, is the case's."""


@catalogued
class ComplaintJudged(CaseEvent):
    """It was decided whether the complaint is justified."""

    type: ClassVar[str] = "complaint.complaint_judged.v1"
    time_field: ClassVar[str] = "judged_at"

    valid: bool
    """Whether the complaint is justified. If not, the reason given is the answer."""
    judged_at: Instant
    """When it was judged."""


@catalogued
class SettlementProposed(CaseEvent):
    """A settlement of the complaint was proposed to the customer."""

    type: ClassVar[str] = "complaint.settlement_proposed.v1"
    time_field: ClassVar[str] = "proposed_at"

    proposal_id: UUID
    """The proposal; a case can have several, one after another."""
    points: int
    """Loyalty points offered, 0 or more."""
    amount: Amount
    """Money offered, in the accounting currency, 0 or more."""
    proposed_at: Instant
    """When it was proposed."""


@catalogued
class SettlementAnswered(CaseEvent):
    """The customer accepted a proposed settlement or refused it."""

    type: ClassVar[str] = "complaint.settlement_answered.v1"
    time_field: ClassVar[str] = "answered_at"

    proposal_id: UUID
    """The proposal that was answered."""
    accepted: bool
    """Whether the customer took it. If not, another may be proposed."""
    answered_at: Instant
    """When the customer answered."""


@catalogued
class ComplaintResolved(CaseEvent):
    """The settlement was carried out. Its points are the loyalty ledger's to grant, once a `resolution_id`."""

    type: ClassVar[str] = "complaint.complaint_resolved.v1"
    time_field: ClassVar[str] = "resolved_at"

    resolution_id: UUID
    """The resolution: its points are granted once."""
    points: int
    """Loyalty points for the ledger to grant, 0 or more."""
    amount: Amount
    """Money given, in the accounting currency, 0 or more."""
    granted_by: UUID | None = None
    """Who proposed what was given: an opaque id, the same for all that this person gives. Missing where nothing was."""
    approved_by: UUID | None = None
    """The other person that approved it: an opaque id. Missing where it was within the limits of who proposed it."""
    resolved_at: Instant
    """When it was carried out."""


@catalogued
class SatisfactionAnswered(CaseEvent):
    """At a follow-up the customer said how satisfied it is, whether the case is closed with that or not (C2)."""

    type: ClassVar[str] = "complaint.satisfaction_answered.v1"
    time_field: ClassVar[str] = "answered_at"

    satisfaction: int
    """What the customer said: 1 (very dissatisfied) to 5."""
    answered_at: Instant
    """When the customer said so."""


@catalogued
class ComplaintClosed(CaseEvent):
    """The case was closed after its follow-up."""

    type: ClassVar[str] = "complaint.complaint_closed.v1"
    time_field: ClassVar[str] = "closed_at"

    satisfaction: int | None = None
    """What the customer said afterwards: 1 (very dissatisfied) to 5. Missing when it was not asked, or was silent."""
    closed_at: Instant
    """When the case was closed."""


@catalogued
class ComplaintReopened(CaseEvent):
    """It was not put right after all: the case begins a new round with new deadlines."""

    type: ClassVar[str] = "complaint.complaint_reopened.v1"
    time_field: ClassVar[str] = "reopened_at"

    reopened_at: Instant
    """When it was reopened: the new deadlines count from here."""


@catalogued
class CustomerIdentified(CaseEvent):
    """A case was linked to a customer: one filed by nobody known, or one taken for another customer's until then. Its
    earlier events stay under the key they had; what it granted is the new customer's (C1)."""

    type: ClassVar[str] = "complaint.customer_identified.v1"
    time_field: ClassVar[str] = "identified_at"

    open: bool
    """Whether the case was open at that time."""
    previous_customer_id: UUID | None = None
    """Whose case it was taken for until then; missing where nobody was known."""
    identified_at: Instant
    """When the case was linked to the customer."""


@catalogued
class DeadlineWarned(CaseEvent):
    """Most of the time for an answer to the customer is used."""

    type: ClassVar[str] = "complaint.deadline_warned.v1"
    time_field: ClassVar[str] = "warned_at"

    stage: Code
    """Which answer is owed: `acknowledgement`, `proposal`, `solution`; there may be others."""
    due_at: Instant
    """By when it is owed."""
    warned_at: Instant
    """When most of the time was used and the warning was given."""


@catalogued
class DeadlineBreached(CaseEvent):
    """An answer to the customer was not given in time."""

    type: ClassVar[str] = "complaint.deadline_breached.v1"
    time_field: ClassVar[str] = "breached_at"

    stage: Code
    """Which answer was owed: `acknowledgement`, `proposal`, `solution`; there may be others."""
    due_at: Instant
    """By when it was owed."""
    breached_at: Instant
    """When the deadline passed without it."""


@catalogued
class ComplaintEscalated(CaseEvent):
    """The case was escalated, agent -> manager -> head -> sponsor: one level at a breach, or when one is ignored."""

    type: ClassVar[str] = "complaint.complaint_escalated.v1"
    time_field: ClassVar[str] = "escalated_at"

    stage: Code
    """Which answer's deadline it was about: `acknowledgement`, `proposal`, `solution`; there may be others."""
    escalation_level: Code
    """Who looks after the case from now on: `manager`, `head`, `sponsor`; there may be others."""
    escalated_at: Instant
    """When it was escalated."""


@catalogued
class ComplaintDataErased(Event):
    """Complaint holds nothing personal any more of a customer, or of a person at its account (P13)."""

    type: ClassVar[str] = "complaint.data_erased.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "erased_at"

    customer_id: UUID
    """Whose data was erased, or at whose account the person was."""
    erasure_id: UUID
    """The erasure that this is a receipt of."""
    person_id: UUID | None = None
    """The person who is no customer, where it was one; missing: the customer itself."""
    erased_at: Instant
    """When there was nothing left."""
    stores: tuple[Code, ...]
    """The stores in which there was something: tables, stored replies, files. Empty where there was nothing."""
