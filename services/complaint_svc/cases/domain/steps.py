"""The steps of a case as decisions: (case, request, terms) -> (case, events) (C2).

Each takes the case as it was loaded, applies the time up to the step's instant, writes one line of history, and returns
the case afterwards with the events to announce. Each refuses a step out of its turn (`step_out_of_order`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.complaint_svc.cases.domain.case import (
    Case,
    Step,
    StepName,
    check_order,
    record_step,
)
from services.complaint_svc.cases.domain.case_deadlines import (
    all_stages,
    better_by,
    change_deadlines,
    end_deadline,
    meet_stage,
    pause_deadlines,
    resume_deadlines,
    shorten,
)
from services.complaint_svc.cases.domain.elapsed_time import apply_elapsed_time
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.customers.domain import ServedCustomer, TierHistory
from services.complaint_svc.deadlines.domain.deadlines import Terms
from services.complaint_svc.remedies.domain.proposal import Proposal
from shared.authority import Gift
from shared.errors import conflict
from shared.events import (
    ComplaintAcknowledged,
    ComplaintClosed,
    ComplaintFiled,
    ComplaintJudged,
    ComplaintReopened,
    ComplaintResolved,
    CustomerIdentified,
    Event,
    SatisfactionAnswered,
    SettlementAnswered,
    SettlementProposed,
)
from shared.events.complaint import CaseKind, Severity

Decision = tuple[Case, list[Event]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What is proposed, the business day it counts on, and the other person that approved it, where one had to; else
    the roles and the version of the authority rules by which nobody had to."""

    gift: Gift
    counted_on: date
    approved_by: str | None = None
    roles: tuple[str, ...] | None = None
    authority_version: int | None = None

    def as_proposal(self, proposal_id: UUID, request: StepRequest) -> Proposal:
        return Proposal(
            proposal_id, self.gift.points, self.gift.amount, request.at, proposed_by=request.by,
            counted_on=self.counted_on, approved_by=self.approved_by, roles=self.roles,
            authority_version=self.authority_version,
        )  # fmt: skip


def file_case(
    case_id: UUID,
    customer_id: UUID | None,
    kind: CaseKind,
    severity: Severity,
    channel: str,
    category: str,
    served: ServedCustomer,
    request: StepRequest,
    terms: Terms,
) -> Decision:
    """Listen, first half: the case is received and its deadlines run, by the tier in force at that instant and by the
    hours of that tier and of the customer's region.

    A better tier since then, of a case that is reported later, counts as well (K11).
    """
    tier = served.tiers.at(request.at)
    case = Case(
        case_id, customer_id, kind, severity, "received", 1, tier, "agent",
        filed_at=request.at, last_step_at=request.at, step_count=1, region=served.region,
        steps=(Step(
            1, 1, "filing", None, None, "received", request.at, request.by, request.note, request.partner_id
        ),),
    )  # fmt: skip
    case = replace(case, deadlines=all_stages(case, tier, request.at, terms))
    case = better_by(case, served.tiers.since(request.at), request.at, terms)
    filed = ComplaintFiled(
        subject_id=case.subject_id, case_id=case_id, customer_id=customer_id, kind=kind, severity=severity,
        channel=channel, category=category, tier=tier, filed_at=request.at, step=case.step_count,
    )  # fmt: skip
    return case, [filed]


def acknowledge(case: Case, request: StepRequest, terms: Terms, reached_by: Sequence[str] = ()) -> Decision:
    """Listen, second half: the customer knows that the case was received. `reached_by`: the channels by which whoever
    the case names can be reached."""
    case, events = _advance_to(case, "acknowledgement", request, terms)
    case = meet_stage(record_step(case, "acknowledgement", request), "acknowledgement", request.at)
    running = [d.due_at for d in case.deadlines if d.owed and d.breached_at is None and d.running_since is not None]
    acknowledged = ComplaintAcknowledged(
        **case.event_fields, acknowledged_at=request.at, kind=case.kind, answer_by=min(running, default=None),
        reached_by=tuple(reached_by),
    )  # fmt: skip
    return case, [*events, acknowledged]


def judge(case: Case, valid: bool, request: StepRequest, terms: Terms) -> Decision:
    """Judge: valid or not, with the reason. Why a case is not valid is its answer: no deadline runs after it (C3).

    The customer still is to be told, by the follow-up, before the case is closed (C2).
    """
    case, events = _advance_to(case, "judgement", request, terms)
    case = record_step(case, "judgement", request, "valid" if valid else "invalid")
    if not valid:
        case = change_deadlines(case, lambda d: end_deadline(d, request.at))
    return case, [*events, ComplaintJudged(**case.event_fields, valid=valid, judged_at=request.at)]


def propose(case: Case, proposal_id: UUID, offer: Offer, request: StepRequest, terms: Terms) -> Decision:
    """Settle, first half: from here the customer is to answer, so what still runs is stopped."""
    case, events = _advance_to(case, "proposal", request, terms)
    case = meet_stage(record_step(case, "proposal", request), "proposal", request.at)
    case = pause_deadlines(replace(case, proposal=offer.as_proposal(proposal_id, request)), "answer", request.at, terms)
    proposed = SettlementProposed(
        **case.event_fields, proposal_id=proposal_id, points=offer.gift.points, amount=offer.gift.amount,
        proposed_at=request.at,
    )  # fmt: skip
    return case, [*events, proposed]


def answer(case: Case, proposal_id: UUID | None, accepted: bool, request: StepRequest, terms: Terms) -> Decision:
    """The customer accepted the proposal or refused it; either way the deadlines run on.

    `proposal_id` says which proposal is meant: None is the one that waits, any other is refused (`proposal_not_open`).
    """
    case, events = _advance_to(case, "acceptance", request, terms)
    proposal = case.proposal
    assert proposal is not None  # the path leads here through a proposal only
    if proposal_id not in (None, proposal.id):
        raise conflict("proposal_not_open", "Another proposal is waiting for the answer.", proposal_id=str(proposal.id))
    case = record_step(case, "acceptance", request, "accepted" if accepted else "refused")
    case = resume_deadlines(
        replace(case, proposal=replace(proposal, answered_at=request.at, accepted=accepted)), request.at, terms
    )
    answered = SettlementAnswered(
        **case.event_fields, proposal_id=proposal.id, accepted=accepted, answered_at=request.at
    )
    case, elapsed = apply_elapsed_time(case, request.at, terms)  # what was paused at its very end is over now
    return case, [*events, answered, *elapsed]


def resolve(case: Case, resolution_id: UUID, request: StepRequest, terms: Terms) -> Decision:
    """Settle, second half: what was agreed is carried out. The points are the ledger's to grant."""
    case, events = _advance_to(case, "resolution", request, terms)
    case = change_deadlines(record_step(case, "resolution", request), lambda d: end_deadline(d, request.at))
    agreed = case.proposal if case.proposal is not None and case.proposal.accepted else None
    resolved = ComplaintResolved(
        **case.event_fields, resolution_id=resolution_id, points=agreed.points if agreed else 0,
        amount=agreed.amount if agreed else Decimal(0), resolved_at=request.at,
        granted_by=agreed.granted_by if agreed else None, approved_by=agreed.approver_id if agreed else None,
    )  # fmt: skip
    return replace(case, waiting=None), [*events, resolved]


def follow_up(case: Case, satisfaction: int | None, close: bool, request: StepRequest, terms: Terms) -> Decision:
    """Follow up: ask how satisfied the customer is (1 to 5), or tell why a case is not valid; `close` ends it."""
    case, events = _advance_to(case, "follow-up", request, terms)
    case = record_step(case, "follow-up", request, "closed" if close else "open")
    # nothing runs by now: the resolution ended it, or the judgement did; a closed case owes nothing whatever it was
    case = change_deadlines(case, lambda d: end_deadline(d, request.at))
    case = replace(case, waiting=None, satisfaction=case.satisfaction if satisfaction is None else satisfaction)
    if satisfaction is not None:
        answered = SatisfactionAnswered(**case.event_fields, satisfaction=satisfaction, answered_at=request.at)
        events = [*events, answered]
    if not close:
        return case, events
    case = replace(case, closed_at=request.at)
    return case, [*events, ComplaintClosed(**case.event_fields, satisfaction=case.satisfaction, closed_at=request.at)]


def reopen(case: Case, served: ServedCustomer, request: StepRequest, terms: Terms) -> Decision:
    """It was not put right after all: a new round with new deadlines, by tier and region of that day. The escalation
    stays.

    Refused once the window is over (`reopening_window_over`).
    """
    case, events = _advance_to(case, "reopening", request, terms)
    assert case.closed_at is not None
    if request.at > case.closed_at + terms.rules.reopen_within:
        raise conflict("reopening_window_over", "The case was closed too long ago. File a new one.")
    tier = served.tiers.at(request.at)
    case = replace(
        case, round=case.round + 1, closed_at=None, satisfaction=None, proposal=None, tier=tier, region=served.region
    )
    case = record_step(case, "reopening", request)
    case = replace(case, deadlines=all_stages(case, tier, request.at, terms))
    case = better_by(case, served.tiers.since(request.at), request.at, terms)
    return case, [*events, ComplaintReopened(**case.event_fields, reopened_at=request.at)]


def pause(case: Case, request: StepRequest, terms: Terms) -> Decision:
    """The customer is to answer first: the deadlines stop. Refused when they stand already (`already_paused`)."""
    case, events = _advance_to(case, "pause", request, terms)
    if case.waiting is not None:
        raise conflict("already_paused", "The case already waits for the customer.", waiting_for=case.waiting)
    return pause_deadlines(record_step(case, "pause", request), "customer", request.at, terms), events


def resume(case: Case, request: StepRequest, terms: Terms) -> Decision:
    """The customer answered: the deadlines run on with what was left of them (`not_paused`, `answer_awaited`)."""
    case, events = _advance_to(case, "resumption", request, terms)
    if case.waiting == "answer":
        raise conflict("answer_awaited", "The wait for an answer to a proposal ends with the answer.")
    if case.waiting is None:
        raise conflict("not_paused", "The case does not wait for the customer.")
    case = resume_deadlines(record_step(case, "resumption", request), request.at, terms)
    case, elapsed = apply_elapsed_time(case, request.at, terms)  # what was paused at its very end is over now
    return case, [*events, *elapsed]


def identify(case: Case, customer_id: UUID, served: ServedCustomer, request: StepRequest, terms: Terms) -> Decision:
    """Link a case to a customer: one of nobody known, or one that was taken for another customer's (C1).

    Earlier events keep their key; a good tier shortens deadlines, and none gets longer, whoever it was promised to. The
    tiers count that were in force since the deadlines began to run, as if the customer had been known then. The same
    customer again changes nothing.
    """
    if case.customer_id == customer_id:
        return case, []
    previous = case.customer_id
    case, events = _advance_to(case, "identification", request, terms)
    case = record_step(case, "identification", request)
    recorded = replace(case.steps[-1], from_customer=previous, to_customer=customer_id)
    case = replace(case, steps=(*case.steps[:-1], recorded), customer_id=customer_id,
                   tier=served.tiers.at(request.at), region=served.region)  # fmt: skip
    began = next((deadline.started_at for deadline in case.deadlines), request.at)  # those of a round begin together
    case = better_by(case, [served.tiers.at(began), *served.tiers.since(began)], request.at, terms)
    linked = CustomerIdentified(
        **case.event_fields, open=case.status != "closed", previous_customer_id=previous, identified_at=request.at
    )
    return case, [*events, linked]


def change_severity(case: Case, severity: Severity, request: StepRequest, terms: Terms) -> Decision:
    """Another severity. A graver one shortens the deadlines; a milder one keeps them: a promise stays a promise."""
    if severity == case.severity:
        return case, []
    case, events = _advance_to(case, "severity", request, terms)
    case = replace(record_step(case, "severity", request, severity), severity=severity)
    return change_deadlines(case, lambda d: shorten(d, case, (d.tier, d.region), request.at, terms)), events


def change_tiers(case: Case, tail: TierHistory, at: datetime, terms: Terms) -> Decision:
    """The customer's tier history is another one while the case is open: its deadlines get shorter or stay (K11).

    `tail`: the periods that are new. Those that ended before a deadline began to run are nothing to it.
    """
    at = case.clock(at)
    case, events = apply_elapsed_time(case, at, terms)
    began = next((deadline.started_at for deadline in case.deadlines), at)
    return better_by(case, tail.since(began), at, terms), events


def _advance_to(case: Case, name: StepName, request: StepRequest, terms: Terms) -> Decision:
    check_order(case, name, request.at)
    return apply_elapsed_time(case, request.at, terms)
