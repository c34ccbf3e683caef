"""A case and the path it may take: received, acknowledged, judged, settled, followed up; no step is skipped (C2)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypedDict, get_args
from uuid import UUID

from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.deadlines.domain.deadlines import Deadline
from services.complaint_svc.remedies.domain.proposal import Proposal
from shared.errors import conflict, invalid
from shared.events.complaint import CaseKind, Severity, Stage

Status = Literal[
    "received",
    "acknowledged",
    "judged_valid",
    "judged_invalid",
    "proposed",
    "accepted",
    "refused",
    "resolved",
    "closed",
]
StepName = Literal[
    "filing",
    "acknowledgement",
    "judgement",
    "proposal",
    "acceptance",
    "resolution",
    "follow-up",
    "reopening",
    "pause",
    "resumption",
    "identification",
    "severity",
]
HigherLevel = Literal["manager", "head", "sponsor"]
EscalationLevel = Literal["agent"] | HigherLevel
Waiting = Literal["customer", "answer"]

STATUSES: tuple[Status, ...] = get_args(Status)
ESCALATION_LEVELS: tuple[EscalationLevel, ...] = ("agent", "manager", "head", "sponsor")
OPEN: tuple[Status, ...] = tuple(status for status in STATUSES if status != "closed")

# Only what has something to settle needs a proposal: praise is thanked for, a question is answered.
SETTLED_KINDS: frozenset[CaseKind] = frozenset({"complaint", "repair"})

# (status before, step, outcome) -> status after. What is not in here is not legal.
PATH: dict[tuple[Status | None, StepName, str | None], Status] = {
    (None, "filing", None): "received",
    ("received", "acknowledgement", None): "acknowledged",
    ("acknowledged", "judgement", "valid"): "judged_valid",
    ("acknowledged", "judgement", "invalid"): "judged_invalid",
    ("judged_valid", "proposal", None): "proposed",
    ("judged_valid", "resolution", None): "resolved",  # only kinds with nothing to settle
    ("refused", "proposal", None): "proposed",
    ("proposed", "acceptance", "accepted"): "accepted",
    ("proposed", "acceptance", "refused"): "refused",
    ("accepted", "resolution", None): "resolved",
    ("resolved", "follow-up", "open"): "resolved",
    ("resolved", "follow-up", "closed"): "closed",
    ("judged_invalid", "follow-up", "open"): "judged_invalid",  # the customer was told; the reason stands
    ("judged_invalid", "follow-up", "closed"): "closed",
    ("closed", "reopening", None): "received",
}
# Steps beside the path: they leave the status as it is.
BESIDE: dict[StepName, tuple[Status, ...]] = {
    "pause": OPEN,
    "resumption": OPEN,
    "severity": OPEN,
    "identification": STATUSES,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a case's history: it is written once and never changed."""

    number: int
    round: int
    name: StepName
    outcome: str | None
    before: Status | None
    after: Status
    at: datetime
    by: str
    note: str | None = None
    partner_id: UUID | None = None  # for whom; None: one of the business's own people
    from_customer: UUID | None = None  # of an identification: whose case it was taken for until then
    to_customer: UUID | None = None  # of an identification: whose case it is


@dataclass(frozen=True, slots=True)
class Escalation:
    """The case reached a level of escalation, because of a stage that was breached or whose breach was ignored."""

    escalation_level: HigherLevel
    stage: Stage
    round: int
    at: datetime


class CaseEventFields(TypedDict):
    """What every event of a case carries: its key, the case, the customer if one is known, and how far it has come."""

    subject_id: UUID
    case_id: UUID
    customer_id: UUID | None
    step: int


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules need of a case. Texts and contacts are personal and no rule reads them: they are kept elsewhere.

    `proposal` and `deadlines` are those of the present round; `steps` and `escalations` those of this change, still to
    be saved.
    """

    id: UUID
    customer_id: UUID | None
    kind: CaseKind
    severity: Severity
    status: Status
    round: int
    tier: str | None  # the copy of the tier that the deadlines were given by
    escalation_level: EscalationLevel
    filed_at: datetime
    last_step_at: datetime
    step_count: int
    closed_at: datetime | None = None
    satisfaction: int | None = None
    waiting: Waiting | None = None
    replayed_until: datetime | None = None  # while it is being reported after the fact, its timers wait till then
    version: int = 1
    region: str | None = None  # the customer's, as known when the case became its own, or began a round
    proposal: Proposal | None = None
    deadlines: tuple[Deadline, ...] = ()
    steps: tuple[Step, ...] = ()
    escalations: tuple[Escalation, ...] = ()

    @property
    def subject_id(self) -> UUID:
        """The key of its events: the customer, or the case itself while nobody is identified."""
        return self.customer_id or self.id

    @property
    def event_fields(self) -> CaseEventFields:
        """The fields that every event of this case has."""
        return {
            "subject_id": self.subject_id, "case_id": self.id, "customer_id": self.customer_id, "step": self.step_count
        }  # fmt: skip

    def clock(self, now: datetime) -> datetime:
        """The instant the case stands at. One that is being reported after the fact stands at its last step."""
        return self.last_step_at if self.replayed_until is not None and now < self.replayed_until else now


def legal_steps(status: Status, kind: CaseKind) -> list[StepName]:
    """The steps of the path that may come next, in the order of the path."""
    names = dict.fromkeys(step for before, step, _ in PATH if before == status)
    if kind in SETTLED_KINDS and status == "judged_valid":
        names.pop("resolution")
    return list(names)


def legal_next_steps(case: Case) -> list[StepName]:
    """The steps of the path that this case may take next."""
    return legal_steps(case.status, case.kind)


def check_order(case: Case, name: StepName, at: datetime) -> None:
    """Refuse a step out of its turn (`step_out_of_order`, with those that may come) or before the last one."""
    legal = case.status in BESIDE[name] if name in BESIDE else name in legal_next_steps(case)
    if not legal:
        raise conflict(
            "step_out_of_order",
            f"A case that is {case.status} cannot take the step {name}.",
            case_status=case.status,
            next=legal_next_steps(case),
        )
    if at < case.last_step_at:
        raise invalid("before_last_step", "A step is not before the one it follows.", pointer="/at")


def record_step(case: Case, name: StepName, request: StepRequest, outcome: str | None = None) -> Case:
    """Go along the path (or beside it) and write the line of history."""
    after = case.status if name in BESIDE else PATH[case.status, name, outcome]
    number = case.step_count + 1
    step = Step(
        number, case.round, name, outcome, case.status, after, request.at, request.by, request.note, request.partner_id
    )  # fmt: skip
    return replace(case, status=after, step_count=number, last_step_at=request.at, steps=(*case.steps, step))


def next_level(level: EscalationLevel) -> HigherLevel | None:
    """The level above, or None at the top."""
    above: dict[EscalationLevel, HigherLevel] = {"agent": "manager", "manager": "head", "head": "sponsor"}
    return above.get(level)
