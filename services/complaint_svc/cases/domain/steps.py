"""The steps of a case as decisions: (case, facts, at) -> (case, events). Time up to it passes first (C2)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.complaint_svc.cases.domain.case import (
    Act,
    Case,
    Step,
    StepName,
    Waiting,
    check_order,
    take,
)
from services.complaint_svc.cases.domain.elapsed_time import let_time_pass
from services.complaint_svc.deadlines.domain.allowances import STAGES
from services.complaint_svc.deadlines.domain.deadlines import (
    Deadline,
    Terms,
    better_deadline,
    drop_deadline,
    meet_deadline,
    resume_deadline,
    start_deadline,
    stop_deadline,
)
from services.complaint_svc.remedies.domain.proposal import Proposal
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
    SettlementAnswered,
    SettlementProposed,
)
from shared.events.complaint import CaseKind, Severity, Stage

Decision = tuple[Case, list[Event]]


def file_case(
    case_id: UUID,
    customer_id: UUID | None,
    kind: CaseKind,
    severity: Severity,
    channel: str,
    category: str,
    tier: str | None,
    act: Act,
    terms: Terms,
) -> Decision:
    """Listen: the case is received and its deadlines run, by the tier as this service knows it now."""
    case = Case(
        case_id, customer_id, kind, severity, "received", 1, tier, "agent",
        filed_at=act.at, last_step_at=act.at, step_count=1,
        steps=(Step(1, 1, "filing", None, None, "received", act.at, act.by, act.note),),
    )  # fmt: skip
    case = replace(case, deadlines=_all_stages(case, tier, act.at, terms))
    filed = ComplaintFiled(
        subject_id=case.subject_id, case_id=case_id, customer_id=customer_id, kind=kind, severity=severity,
        channel=channel, category=category, tier=tier, filed_at=act.at,
    )  # fmt: skip
    return case, [filed]


def acknowledge(case: Case, act: Act, terms: Terms) -> Decision:
    case, events = _begin(case, "acknowledgement", act, terms)
    case = _meet(take(case, "acknowledgement", act), "acknowledgement", act.at)
    return case, [*events, ComplaintAcknowledged(**case.about, acknowledged_at=act.at)]


def judge(case: Case, valid: bool, act: Act, terms: Terms) -> Decision:
    """Judge: valid or not, with the reason. Why a case is not valid is its answer: no deadline runs after it (C3).

    The customer still is to be told, by the follow-up, before the case is closed (C2).
    """
    case, events = _begin(case, "judgement", act, terms)
    case = take(case, "judgement", act, "valid" if valid else "invalid")
    if not valid:
        case = _each(case, lambda d: _settle(d, act.at))
    return case, [*events, ComplaintJudged(**case.about, valid=valid, judged_at=act.at)]


def propose(case: Case, proposal_id: UUID, points: int, amount: Decimal, act: Act, terms: Terms) -> Decision:
    """Settle, first half: from here the customer is to answer, so what still runs is stopped."""
    case, events = _begin(case, "proposal", act, terms)
    case = _meet(take(case, "proposal", act), "proposal", act.at)
    case = _wait(replace(case, proposal=Proposal(proposal_id, points, amount, act.at)), "answer", act.at, terms)
    proposed = SettlementProposed(
        **case.about, proposal_id=proposal_id, points=points, amount=amount, proposed_at=act.at
    )
    return case, [*events, proposed]


def answer(case: Case, proposal_id: UUID | None, accepted: bool, act: Act, terms: Terms) -> Decision:
    """The customer took the proposal or refused it; either way it is our turn again."""
    case, events = _begin(case, "acceptance", act, terms)
    proposal = case.proposal
    assert proposal is not None  # the path leads here through a proposal only
    if proposal_id not in (None, proposal.id):
        raise conflict("proposal_not_open", "another proposal is waiting for the answer", proposal_id=str(proposal.id))
    case = take(case, "acceptance", act, "accepted" if accepted else "refused")
    case = _go_on(replace(case, proposal=replace(proposal, answered_at=act.at, accepted=accepted)), act.at, terms)
    answered = SettlementAnswered(**case.about, proposal_id=proposal.id, accepted=accepted, answered_at=act.at)
    return case, [*events, answered]


def resolve(case: Case, resolution_id: UUID, act: Act, terms: Terms) -> Decision:
    """Settle, second half: what was agreed is carried out. The points are the ledger's to grant."""
    case, events = _begin(case, "resolution", act, terms)
    case = _each(take(case, "resolution", act), lambda d: _settle(d, act.at))
    agreed = case.proposal if case.proposal is not None and case.proposal.accepted else None
    resolved = ComplaintResolved(
        **case.about, resolution_id=resolution_id, points=agreed.points if agreed else 0,
        amount=agreed.amount if agreed else Decimal(0), resolved_at=act.at,
    )  # fmt: skip
    return replace(case, waiting=None), [*events, resolved]


def follow_up(case: Case, satisfaction: int | None, close: bool, act: Act, terms: Terms) -> Decision:
    """Call back: how is it now? Or, for a case that is not valid: to tell the customer why."""
    case, events = _begin(case, "follow-up", act, terms)
    case = take(case, "follow-up", act, "closed" if close else "open")
    # nothing runs by now, but in cases that an earlier release judged not valid
    case = _each(case, lambda d: _settle(d, act.at))
    case = replace(case, waiting=None, satisfaction=case.satisfaction if satisfaction is None else satisfaction)
    if not close:
        return case, events
    case = replace(case, closed_at=act.at)
    return case, [*events, ComplaintClosed(**case.about, satisfaction=case.satisfaction, closed_at=act.at)]


def reopen(case: Case, tier: str | None, act: Act, terms: Terms) -> Decision:
    """It was not put right after all: a new round, from listening on, with new deadlines. The rung stays."""
    case, events = _begin(case, "reopening", act, terms)
    assert case.closed_at is not None
    if act.at > case.closed_at + terms.reopen_within:
        raise conflict("reopening_window_over", "the case was closed too long ago; file a new one")
    case = replace(case, round=case.round + 1, closed_at=None, satisfaction=None, proposal=None, tier=tier)
    case = take(case, "reopening", act)
    case = replace(case, deadlines=_all_stages(case, tier, act.at, terms))
    return case, [*events, ComplaintReopened(**case.about, reopened_at=act.at)]


def pause(case: Case, act: Act, terms: Terms) -> Decision:
    case, events = _begin(case, "pause", act, terms)
    if case.waiting is not None:
        raise conflict("already_paused", "the case already waits for the customer", waiting_for=case.waiting)
    return _wait(take(case, "pause", act), "customer", act.at, terms), events


def resume(case: Case, act: Act, terms: Terms) -> Decision:
    case, events = _begin(case, "resumption", act, terms)
    if case.waiting == "answer":
        raise conflict("answer_awaited", "the wait for an answer to a proposal ends with the answer")
    if case.waiting is None:
        raise conflict("not_paused", "the case does not wait for the customer")
    return _go_on(take(case, "resumption", act), act.at, terms), events


def identify(case: Case, customer_id: UUID, tier: str | None, act: Act, terms: Terms) -> Decision:
    """Nobody becomes somebody. Earlier events stay under the case's id; a good tier betters the deadlines."""
    if case.customer_id == customer_id:
        return case, []
    if case.customer_id is not None:
        raise conflict("already_identified", "the case belongs to another customer")
    case, events = _begin(case, "identification", act, terms)
    case = replace(take(case, "identification", act), customer_id=customer_id, tier=tier)
    case = _each(case, lambda d: _better(d, case, tier, act.at, terms))
    linked = CustomerIdentified(**case.about, open=case.status != "closed", identified_at=act.at)
    return case, [*events, linked]


def regrade(case: Case, severity: Severity, act: Act, terms: Terms) -> Decision:
    """Another severity. Graver presses the deadlines; milder keeps them: what was promised stays promised."""
    if severity == case.severity:
        return case, []
    case, events = _begin(case, "severity", act, terms)
    case = replace(take(case, "severity", act, severity), severity=severity)
    return _each(case, lambda d: _better(d, case, d.tier, act.at, terms)), events


def change_tier(case: Case, tier: str, at: datetime, terms: Terms) -> Decision:
    """The customer's tier changed while the case is open: deadlines get better or stay (K11)."""
    at = case.clock(at)
    case, events = let_time_pass(case, at, terms)
    return _each(case, lambda d: _better(d, case, tier, at, terms)), events


def _begin(case: Case, name: StepName, act: Act, terms: Terms) -> Decision:
    check_order(case, name, act.at)
    return let_time_pass(case, act.at, terms)


def _all_stages(case: Case, tier: str | None, at: datetime, terms: Terms) -> tuple[Deadline, ...]:
    allowance = terms.rules.allowance(case.kind, case.severity, tier)
    given = [(stage, time) for stage in STAGES if (time := allowance.of(stage)) is not None]
    return tuple(start_deadline(stage, case.round, tier, time, at, terms) for stage, time in given)


def _each(case: Case, change: Callable[[Deadline], Deadline]) -> Case:
    return replace(case, deadlines=tuple(change(deadline) for deadline in case.deadlines))


def _meet(case: Case, stage: Stage, at: datetime) -> Case:
    return _each(case, lambda d: meet_deadline(d, at) if d.stage == stage else d)


def _settle(deadline: Deadline, at: datetime) -> Deadline:
    """The end of the work: the solution is there, and what was not needed on the way is owed no more."""
    return meet_deadline(deadline, at) if deadline.stage == "solution" else drop_deadline(deadline, at)


def _better(deadline: Deadline, case: Case, tier: str | None, at: datetime, terms: Terms) -> Deadline:
    allowance = terms.rules.allowance(case.kind, case.severity, tier).of(deadline.stage)
    return better_deadline(deadline, allowance, tier, at, terms)


def _wait(case: Case, waiting: Waiting, at: datetime, terms: Terms) -> Case:
    return _each(replace(case, waiting=waiting), lambda d: stop_deadline(d, at, terms))


def _go_on(case: Case, at: datetime, terms: Terms) -> Case:
    return _each(replace(case, waiting=None), lambda d: resume_deadline(d, at, terms))
