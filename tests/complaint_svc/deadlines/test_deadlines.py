"""Deadlines of a case by their rules: warning, breach, escalation, pause, and a tier that changes meanwhile (C3)."""

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.complaint_svc.calendars.domain.business_time import CLOSED, Calendar
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.elapsed_time import apply_elapsed_time
from services.complaint_svc.cases.domain.steps import (
    acknowledge,
    answer,
    change_severity,
    follow_up,
    judge,
    pause,
    propose,
    reopen,
    resume,
)
from services.complaint_svc.deadlines.domain.deadline_rules import Allowance
from services.complaint_svc.deadlines.domain.deadlines import Terms
from shared.events import ComplaintEscalated, DeadlineBreached, DeadlineWarned, Event
from tests.complaint_svc.case_builders import (
    PROPOSAL,
    always,
    change_tier,
    due,
    filed,
    hours,
    offer,
    step_request,
    terms,
    utc,
    working_week,
)

TEN_HOURS = {("complaint", "normal", "any"): Allowance(hours(10), None, None)}
EIGHT_HOURS = {("complaint", "normal", "any"): Allowance(hours(8), None, None)}


def of_type(events: list[Event], kind: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def test_C3_a_warning_comes_at_four_fifths_and_the_breach_at_the_whole_each_once() -> None:
    t = terms(overrides=TEN_HOURS)  # type: ignore[arg-type]
    case, _ = filed("2026-11-17T00:00", t)
    case, early = apply_elapsed_time(case, utc("2026-11-17T07:59"), t)
    case, warned = apply_elapsed_time(case, utc("2026-11-17T08:00"), t)
    case, between = apply_elapsed_time(case, utc("2026-11-17T09:59"), t)
    case, at_the_due_instant = apply_elapsed_time(case, utc("2026-11-17T10:00"), t)
    case, breached = apply_elapsed_time(case, utc("2026-11-17T10:00") + timedelta(microseconds=1), t)
    case, again = apply_elapsed_time(case, utc("2026-11-17T10:01"), t)
    assert early == between == at_the_due_instant == again == []
    assert [e.occurred_at for e in of_type(warned, DeadlineWarned)] == [utc("2026-11-17T08:00")]
    assert [type(e) for e in breached] == [DeadlineBreached, ComplaintEscalated]
    assert case.escalation_level == "manager"
    assert case.deadlines[0].state == "breached"


def test_C3_a_breach_that_is_ignored_escalates_level_by_level_to_the_sponsor_and_stops_there() -> None:
    t = terms(overrides=TEN_HOURS)  # type: ignore[arg-type]
    case, _ = filed("2026-11-17T00:00", t)
    case, events = apply_elapsed_time(case, utc("2026-12-17T00:00"), t)
    escalations = [(e.escalation_level, e.escalated_at) for e in events if isinstance(e, ComplaintEscalated)]
    assert escalations == [
        ("manager", utc("2026-11-17T10:00")),
        ("head", utc("2026-11-17T18:00")),
        ("sponsor", utc("2026-11-18T02:00")),
    ]
    assert len(of_type(events, DeadlineBreached)) == 1


def test_C3_work_done_in_time_meets_and_work_done_late_stays_breached() -> None:
    t = terms(overrides=TEN_HOURS)  # type: ignore[arg-type]
    in_time, events = acknowledge(filed("2026-11-17T00:00", t)[0], step_request("2026-11-17T09:59"), t)
    assert in_time.deadlines[0].state == "met"
    assert of_type(events, DeadlineBreached) == []
    late, events = acknowledge(filed("2026-11-17T00:00", t)[0], step_request("2026-11-17T10:30"), t)
    assert late.deadlines[0].state == "breached"
    assert late.deadlines[0].done_late_at == utc("2026-11-17T10:30")
    assert late.deadlines[0].met_at is None
    assert [type(e) for e in events[:3]] == [DeadlineWarned, DeadlineBreached, ComplaintEscalated]
    assert apply_elapsed_time(late, utc("2027-01-01T00:00"), t)[1] == []


def test_K3_a_case_on_hold_over_the_night_is_due_at_the_end_of_its_first_day() -> None:
    t = terms(working_week(), EIGHT_HOURS)  # type: ignore[arg-type]
    case, _ = filed("2026-11-17T09:00", t)
    case, _ = pause(case, step_request("2026-11-17T17:00"), t)
    case, _ = resume(case, step_request("2026-11-18T09:00"), t)
    assert due(case, "acknowledgement") == utc("2026-11-17T17:00")
    assert (
        of_type(apply_elapsed_time(case, utc("2026-11-18T09:00"), t)[1], DeadlineBreached) == []
    )  # it was announced already


def test_C3_while_the_customer_is_to_answer_nothing_warns_breaches_or_escalates() -> None:
    t = terms(overrides=TEN_HOURS)  # type: ignore[arg-type]
    case, _ = filed("2026-11-17T00:00", t)
    case, _ = pause(case, step_request("2026-11-17T04:00"), t)
    case, nothing = apply_elapsed_time(case, utc("2026-11-27T00:00"), t)
    assert nothing == []
    case, _ = resume(case, step_request("2026-11-27T00:00"), t)
    assert due(case, "acknowledgement") == utc("2026-11-27T06:00")
    assert case.deadlines[0].warn_at == utc("2026-11-27T04:00")


def test_C3_after_a_proposal_the_solution_waits_for_the_answer() -> None:
    t = terms()
    case, _ = filed("2026-11-16T00:00", t)
    before = due(case, "solution")
    case, _ = acknowledge(case, step_request("2026-11-16T01:00"), t)
    case, _ = judge(case, True, step_request("2026-11-16T02:00"), t)
    case, _ = propose(case, PROPOSAL, offer(100), step_request("2026-11-16T03:00"), t)
    assert {d.stage: d.state for d in case.deadlines} == {
        "acknowledgement": "met",
        "proposal": "met",
        "solution": "paused",
    }
    case, _ = answer(case, None, False, step_request("2026-11-16T08:00"), t)
    assert due(case, "solution") == before + hours(5)


def not_valid(judged_at: str, t: Terms) -> Case:
    case, _ = acknowledge(filed("2026-11-16T00:00", t)[0], step_request("2026-11-16T01:00"), t)
    return judge(case, False, step_request(judged_at, note="not ours"), t)[0]


def test_C3_a_case_not_valid_owes_nothing_after_its_judgement() -> None:
    t = terms()
    case = not_valid("2026-11-16T02:00", t)
    assert {d.stage: d.state for d in case.deadlines} == {
        "acknowledgement": "met",
        "proposal": "cancelled",
        "solution": "met",
    }
    assert apply_elapsed_time(case, utc("2027-01-01T00:00"), t)[1] == []


def test_C3_a_case_judged_not_valid_after_its_breach_is_done_late_and_escalates_no_further() -> None:
    t = terms()
    case = not_valid("2026-11-17T18:00", t)  # the solution was due at 16:00
    solution = case.deadlines[-1]
    assert (solution.breached_at, solution.done_late_at) == (utc("2026-11-17T16:00"), utc("2026-11-17T18:00"))
    assert apply_elapsed_time(case, utc("2027-01-01T00:00"), t) == (case, [])
    followed_up, events = follow_up(case, None, False, step_request("2026-11-18T09:00"), t)
    assert (followed_up.deadlines, events) == (case.deadlines, [])


def test_C3_a_case_not_valid_that_is_reopened_owes_every_stage_anew() -> None:
    t = terms()
    case, _ = follow_up(not_valid("2026-11-16T02:00", t), 1, True, step_request("2026-11-16T03:00"), t)
    case, _ = reopen(case, always(None), step_request("2026-11-16T04:00"), t)
    assert {(d.round, d.state) for d in case.deadlines} == {(2, "running")}
    _, events = apply_elapsed_time(case, utc("2026-12-16T00:00"), t)
    assert [e.stage for e in events if isinstance(e, DeadlineBreached)] == ["acknowledgement", "proposal", "solution"]


def test_K11_a_better_tier_brings_the_due_date_forward_and_a_worse_one_leaves_it() -> None:
    t = terms()
    case, _ = filed("2026-11-16T00:00", t, tier="silver")
    silver = {d.stage: d.due_at for d in case.deadlines}
    gold_case, _ = filed("2026-11-16T00:00", t, tier="gold")
    gold = {d.stage: d.due_at for d in gold_case.deadlines}
    case, _ = change_tier(case, "gold", utc("2026-11-16T01:00"), t)
    assert {d.stage: d.due_at for d in case.deadlines} == gold
    assert all(gold[stage] < silver[stage] for stage in gold)
    better = case.deadlines
    case, _ = change_tier(case, "iron", utc("2026-11-16T01:30"), t)
    assert case.deadlines == better
    assert {d.stage: d.due_at for d in case.deadlines} == gold


def test_K11_a_due_date_bettered_into_the_past_still_leaves_the_time_after_the_warning() -> None:
    t = terms()
    case, _ = filed("2026-11-16T00:00", t)  # 4 h to acknowledge
    case, events = change_tier(case, "platinum", utc("2026-11-16T03:00"), t)  # 1 h, long gone
    assert of_type(events, DeadlineBreached) == []
    assert due(case, "acknowledgement") == utc("2026-11-16T03:12")
    case, events = apply_elapsed_time(case, utc("2026-11-16T03:00"), t)
    assert len(of_type(events, DeadlineWarned)) == 1


def closed(*days: str) -> Calendar:
    """Mon-Fri 9-17, as an operator leaves it who closes these days after something was promised."""
    return working_week(days={date.fromisoformat(day): CLOSED for day in days})


def promised(case: Case, stage: str) -> tuple[datetime, datetime]:
    return next((d.warn_at, d.due_at) for d in case.deadlines if d.stage == stage)


def test_K11_a_better_tier_never_moves_a_promise_later_though_a_day_was_closed_since() -> None:
    case, _ = filed("2026-11-16T09:00", terms(working_week()))
    before = promised(case, "proposal")  # 16 h
    assert before[1] == utc("2026-11-17T17:00")
    since = terms(closed("2026-11-17"))
    risen, _ = change_tier(case, "silver", utc("2026-11-16T09:30"), since)  # 12 h, which now end on Wednesday at 13:00
    assert promised(risen, "proposal") == before
    risen, _ = change_tier(risen, "platinum", utc("2026-11-16T10:00"), since)  # 4 h
    assert due(risen, "proposal") == utc("2026-11-16T13:00")


def test_K11_a_graver_severity_never_moves_a_promise_later_though_days_were_closed_since() -> None:
    case, _ = filed("2026-11-16T16:00", terms(working_week()))
    before = promised(case, "proposal")
    assert before[1] == utc("2026-11-18T16:00")
    since = terms(closed("2026-11-17", "2026-11-18"))
    case, _ = change_severity(case, "high", step_request("2026-11-16T16:30"), since)  # 8 h, which now end on Thursday
    assert promised(case, "proposal") == before


def test_K11_a_better_tier_gives_a_stopped_deadline_no_more_than_was_left_of_the_promise() -> None:
    case, _ = filed("2026-11-16T09:00", terms(working_week()))
    since = terms(closed("2026-11-17"))
    case, _ = pause(case, step_request("2026-11-16T10:00"), since)  # 7 h before Tuesday 17:00 are worked, not 15
    case, _ = change_tier(case, "silver", utc("2026-11-16T10:00"), since)
    case, _ = resume(case, step_request("2026-11-16T10:00"), since)
    assert due(case, "proposal") <= utc("2026-11-17T17:00")


def test_K3_a_stop_moves_a_promise_by_the_working_time_stopped_though_a_day_was_closed_since() -> None:
    case, _ = filed("2026-11-16T09:00", terms(working_week()))
    since = terms(closed("2026-11-17"))
    case, _ = pause(case, step_request("2026-11-16T10:00"), since)
    case, _ = resume(case, step_request("2026-11-16T12:00"), since)  # two hours stopped: Wednesday 9 to 11
    assert due(case, "proposal") == utc("2026-11-18T11:00")


def test_a_graver_case_is_due_earlier_and_a_milder_one_keeps_what_was_promised() -> None:
    t = terms()
    case, _ = filed("2026-11-16T00:00", t)
    case, _ = change_severity(case, "high", step_request("2026-11-16T00:10"), t)
    assert due(case, "acknowledgement") == utc("2026-11-16T02:00")
    case, _ = change_severity(case, "low", step_request("2026-11-16T00:20"), t)
    assert due(case, "acknowledgement") == utc("2026-11-16T02:00")


Change = tuple[int, str]
change = st.tuples(
    st.integers(0, 90), st.sampled_from(["platinum", "gold", "silver", "iron", "pause", "resume", "wait"])
)


def _try(case: Case, what: str, minute: int, t: Terms) -> tuple[Case, list[Event]]:
    at = utc("2026-11-16T09:00") + timedelta(minutes=minute)
    if what == "wait":
        return apply_elapsed_time(case, at, t)
    if what == "pause":
        return pause(case, step_request(at), t) if case.waiting is None else (case, [])
    if what == "resume":
        return resume(case, step_request(at), t) if case.waiting is not None else (case, [])
    return change_tier(case, what, at, t)


@settings(max_examples=100, deadline=None)
@given(st.lists(change, max_size=12), st.permutations([f"2026-11-{day}" for day in (17, 18, 19, 20, 23)]))
def test_K11_whatever_happens_no_tier_ever_makes_a_due_date_later(changes: list[Change], days: list[str]) -> None:
    """Not even when the operator closes a day before each change."""
    case, _ = filed("2026-11-16T09:00", terms(working_week()), tier="silver")
    minute = 0
    for number, (wait, what) in enumerate(changes):
        minute += wait
        t = terms(closed(*days[:number]))
        before = {d.stage: d.due_at for d in case.deadlines}
        case, _ = _try(case, what, minute, t)
        if what != "resume":
            assert all(d.due_at <= before[d.stage] for d in case.deadlines)


@settings(max_examples=100, deadline=None)
@given(st.lists(change, max_size=12), st.lists(st.integers(0, 3000), max_size=12))
def test_C3_late_timers_give_the_same_facts_as_punctual_ones(changes: list[Change], looks: list[int]) -> None:
    """Time passes at the steps only, or also at any instants between: the same events at the same instants."""
    t = terms(working_week())
    outcomes = []
    for more in ([], sorted(looks)):
        case, events = filed("2026-11-16T09:00", t, tier="silver")
        plan, minute = [(wait, "wait") for wait in more], 0
        for wait, what in changes:
            minute += wait
            plan.append((minute, what))
        for at, what in sorted(plan, key=lambda p: p[0]):
            case, happened = _try(case, what, at, t)
            events += happened
        case, rest = apply_elapsed_time(case, utc("2027-06-01T00:00"), t)
        outcomes.append((events + rest, case.deadlines, case.escalation_level))
    assert outcomes[0] == outcomes[1]
