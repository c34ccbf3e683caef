"""The path of a case: no step is skipped silently, and any sequence of commands leaves a legal history (C2)."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.complaint_svc.cases.domain.case import BESIDE, ESCALATION_LEVELS, PATH, Case, legal_next_steps
from services.complaint_svc.cases.domain.elapsed_time import apply_elapsed_time
from services.complaint_svc.cases.domain.steps import (
    acknowledge,
    answer,
    file_case,
    follow_up,
    identify,
    judge,
    pause,
    propose,
    reopen,
    resolve,
    resume,
)
from shared.errors import DomainError
from shared.events import (
    CATALOGUE,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintResolved,
    CustomerIdentified,
    DeadlineBreached,
    DeadlineWarned,
    Event,
)
from tests.complaint_svc.case_builders import (
    CASE,
    CUSTOMER,
    PROPOSAL,
    always,
    change_tier,
    filed,
    offer,
    step_request,
    terms,
    utc,
    working_week,
)

T = terms(working_week())


def settled(points: int = 300, amount: str = "20.00") -> Case:
    case, _ = filed("2026-11-16T09:00", T)
    case, _ = acknowledge(case, step_request("2026-11-16T09:10"), T)
    case, _ = judge(case, True, step_request("2026-11-16T09:20", note="the charger is broken"), T)
    case, _ = propose(case, PROPOSAL, offer(points, amount), step_request("2026-11-16T09:30"), T)
    return answer(case, PROPOSAL, True, step_request("2026-11-16T09:40"), T)[0]


def test_C2_the_four_steps_to_the_end_with_who_and_when() -> None:
    case, resolved = resolve(settled(), uuid4(), step_request("2026-11-16T10:00", by="agent-2"), T)
    case, closed = follow_up(case, 4, True, step_request("2026-11-17T10:00"), T)
    assert [s.name for s in case.steps] == [
        "filing", "acknowledgement", "judgement", "proposal", "acceptance", "resolution", "follow-up",
    ]  # fmt: skip
    assert [s.number for s in case.steps] == list(range(1, 8))
    assert (case.steps[5].by, case.steps[5].at) == ("agent-2", utc("2026-11-16T10:00"))
    assert isinstance(resolved[-1], ComplaintResolved)
    assert (resolved[-1].points, resolved[-1].amount) == (300, Decimal("20.00"))
    assert isinstance(closed[-1], ComplaintClosed)
    assert closed[-1].satisfaction == 4
    assert {d.state for d in case.deadlines} == {"met"}


def test_C2_a_step_out_of_order_is_refused_and_says_what_may_come() -> None:
    case, _ = filed("2026-11-16T09:00", T)
    with pytest.raises(DomainError) as refusal:
        resolve(case, uuid4(), step_request("2026-11-16T10:00"), T)
    assert refusal.value.code == "step_out_of_order"
    assert refusal.value.facts == {"case_status": "received", "next": ["acknowledgement"]}


def test_C2_a_refused_proposal_leads_to_a_new_one() -> None:
    case, _ = acknowledge(filed("2026-11-16T09:00", T)[0], step_request("2026-11-16T09:10"), T)
    case, _ = judge(case, True, step_request("2026-11-16T09:20"), T)
    case, _ = propose(case, PROPOSAL, offer(1), step_request("2026-11-16T09:30"), T)
    case, _ = answer(case, None, False, step_request("2026-11-16T09:40"), T)
    assert legal_next_steps(case) == ["proposal"]
    second = uuid4()
    case, _ = propose(case, second, offer(2), step_request("2026-11-16T09:50"), T)
    with pytest.raises(DomainError, match="proposal_not_open"):
        answer(case, PROPOSAL, True, step_request("2026-11-16T10:00"), T)
    assert answer(case, second, True, step_request("2026-11-16T10:00"), T)[0].status == "accepted"


def test_C2_a_case_not_valid_is_closed_only_after_the_customer_was_told() -> None:
    case, _ = acknowledge(filed("2026-11-16T09:00", T)[0], step_request("2026-11-16T09:10"), T)
    case, _ = judge(case, False, step_request("2026-11-16T09:20", note="bought elsewhere"), T)
    assert legal_next_steps(case) == ["follow-up"]
    case, events = follow_up(case, None, True, step_request("2026-11-16T11:00"), T)
    assert case.status == "closed"
    assert isinstance(events[-1], ComplaintClosed)


def test_C2_praise_has_nothing_to_settle_and_needs_no_proposal() -> None:
    case, _ = acknowledge(filed("2026-11-16T09:00", T, kind="praise")[0], step_request("2026-11-16T09:10"), T)
    case, _ = judge(case, True, step_request("2026-11-16T09:20"), T)
    assert legal_next_steps(case) == ["proposal", "resolution"]
    assert resolve(case, uuid4(), step_request("2026-11-16T09:30"), T)[0].status == "resolved"


def test_C2_reopening_within_its_window_begins_a_new_round_and_after_it_is_refused() -> None:
    case, _ = resolve(settled(), uuid4(), step_request("2026-11-16T10:00"), T)
    case, _ = follow_up(case, 2, True, step_request("2026-11-16T11:00"), T)
    with pytest.raises(DomainError, match="reopening_window_over"):
        reopen(case, always(None), step_request("2026-12-17T11:00"), T)
    case, _ = reopen(case, always("gold"), step_request("2026-12-16T11:00"), T)
    assert (case.status, case.round, case.proposal, case.satisfaction) == ("received", 2, None, None)
    assert {(d.round, d.state, d.tier) for d in case.deadlines} == {(2, "running", "gold")}


def test_a_step_told_to_be_before_the_last_one_is_refused() -> None:
    case, _ = acknowledge(filed("2026-11-16T09:00", T)[0], step_request("2026-11-16T09:10"), T)
    with pytest.raises(DomainError, match="before_last_step"):
        judge(case, True, step_request("2026-11-16T09:05"), T)


def test_C1_nobody_becomes_somebody_and_later_facts_go_under_the_customer() -> None:
    case, events = file_case(
        CASE, None, "complaint", "normal", "web", "network", always(None), step_request("2026-11-16T09:00"), T
    )
    assert events[0].key == str(CASE)
    case, events = identify(case, CUSTOMER, always("platinum"), step_request("2026-11-16T09:05"), T)
    assert isinstance(events[-1], CustomerIdentified)
    assert (events[-1].key, events[-1].open) == (str(CUSTOMER), True)
    assert {d.tier for d in case.deadlines} == {"platinum"}
    assert identify(case, CUSTOMER, always("platinum"), step_request("2026-11-16T09:06"), T) == (case, [])


def test_C1_a_case_taken_for_anothers_is_told_so_and_keeps_what_was_promised() -> None:
    case, _ = file_case(
        CASE, CUSTOMER, "complaint", "normal", "web", "network", always("gold"), step_request("2026-11-16T09:00"), T
    )
    promised = {d.stage: d.due_at for d in case.deadlines}
    other = uuid4()
    worse, events = identify(case, other, always(None), step_request("2026-11-16T09:06"), T)
    assert {d.stage: d.due_at for d in worse.deadlines} == promised
    linked = events[-1]
    assert isinstance(linked, CustomerIdentified)
    assert (linked.key, linked.previous_customer_id, linked.step) == (str(other), CUSTOMER, 2)
    assert (worse.steps[-1].from_customer, worse.steps[-1].to_customer) == (CUSTOMER, other)
    better, _ = identify(case, other, always("platinum"), step_request("2026-11-16T09:06"), T)
    assert all(d.due_at <= promised[d.stage] for d in better.deadlines)
    assert better.tier == "platinum"


class AnyCommands(RuleBasedStateMachine):
    """Any commands at any times, legal or not: the history stays a legal path, each deadline ends once."""

    case: Case
    events: list[Event]

    @initialize(kind=st.sampled_from(["complaint", "praise", "repair"]), known=st.booleans())
    def file(self, kind: str, known: bool) -> None:
        self.now = utc("2026-11-16T08:00")
        customer, nothing = CUSTOMER if known else None, always(None)
        request = step_request(self.now)
        self.case, self.events = file_case(CASE, customer, kind, "high", "call", "x", nothing, request, T)  # type: ignore[arg-type]

    def _attempt(self, decide: object, *args: object) -> None:
        case, events = self.case, self.events
        try:
            self.case, happened = decide(self.case, *args, T)  # type: ignore[operator]
        except DomainError:
            assert self.case == case
        else:
            self.events = events + happened

    @rule(minutes=st.integers(1, 4000))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def timers_fire(self) -> None:
        self._attempt(apply_elapsed_time, self.now)

    @rule()
    def acknowledge(self) -> None:
        self._attempt(acknowledge, step_request(self.now))

    @rule(valid=st.booleans())
    def judge(self, valid: bool) -> None:
        self._attempt(judge, valid, step_request(self.now))

    @rule()
    def propose(self) -> None:
        self._attempt(propose, uuid4(), offer(10, "1"), step_request(self.now))

    @rule(accepted=st.booleans())
    def answer(self, accepted: bool) -> None:
        self._attempt(answer, None, accepted, step_request(self.now))

    @rule()
    def resolve(self) -> None:
        self._attempt(resolve, uuid4(), step_request(self.now))

    @rule(close=st.booleans())
    def follow_up(self, close: bool) -> None:
        self._attempt(follow_up, 3, close, step_request(self.now))

    @precondition(lambda self: self.case.status == "closed")
    @rule()
    def reopen(self) -> None:
        self._attempt(reopen, always("silver"), step_request(self.now))

    @rule()
    def pause(self) -> None:
        self._attempt(pause, step_request(self.now))

    @rule()
    def resume(self) -> None:
        self._attempt(resume, step_request(self.now))

    @rule()
    def identify(self) -> None:
        self._attempt(identify, CUSTOMER, always("gold"), step_request(self.now))

    @rule(tier=st.sampled_from(["platinum", "gold", "silver", "iron"]))
    def change_tier(self, tier: str) -> None:
        self._attempt(change_tier, tier, self.now)

    @invariant()
    def the_history_is_a_legal_path(self) -> None:
        status = None
        for number, step in enumerate(self.case.steps, start=1):
            assert step.number == number
            assert step.before == status
            if step.name in BESIDE:
                assert step.after == step.before
                assert step.before in BESIDE[step.name]
            else:
                assert PATH[step.before, step.name, step.outcome] == step.after
            status = step.after
        assert self.case.status == status
        assert [s.at for s in self.case.steps] == sorted(s.at for s in self.case.steps)

    @invariant()
    def every_deadline_ends_once(self) -> None:
        for deadline in self.case.deadlines:
            ends = [deadline.met_at, deadline.breached_at, deadline.cancelled_at]
            assert sum(end is not None for end in ends) <= 1
            assert deadline.done_late_at is None or deadline.breached_at is not None
            if self.case.status == "closed":
                assert not deadline.owed

    @invariant()
    def everything_is_announced_once(self) -> None:
        announced = [
            (type(e), e.stage, e.due_at) for e in self.events if isinstance(e, (DeadlineWarned, DeadlineBreached))
        ]
        assert len(announced) == len(set(announced))
        levels = [e.escalation_level for e in self.events if isinstance(e, ComplaintEscalated)]
        assert tuple(levels) == ESCALATION_LEVELS[1 : len(levels) + 1]
        assert [c.escalation_level for c in self.case.escalations] == levels

    @invariant()
    def what_is_announced_can_be_read_back(self) -> None:
        for event in self.events[-3:]:
            assert CATALOGUE[event.type].model_validate_json(event.model_dump_json()) == event


AnyCommands.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestAnyCommands = AnyCommands.TestCase
