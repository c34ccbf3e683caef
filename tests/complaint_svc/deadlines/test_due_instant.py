"""What is done at the very instant it is due is in time: for the rules, the timers, lists and statistics (C3)."""

from datetime import timedelta
from unittest.mock import Mock

import pytest

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.elapsed_time import apply_elapsed_time
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.cases.domain.steps import (
    acknowledge,
    answer,
    judge,
    pause,
    propose,
    resolve,
    resume,
)
from services.complaint_svc.cases.handlers import CaseRef, take_step
from services.complaint_svc.deadlines.domain.deadlines import Terms
from services.complaint_svc.subscriptions import subscriptions, timers
from shared.events import ComplaintEscalated, DeadlineBreached, DeadlineWarned
from tests.complaint_svc.case_builders import (
    PROPOSAL,
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
from tests.complaint_svc.case_requests import registered
from tests.complaint_svc.saved_cases import MONDAY, deadlines
from tests.complaint_svc.saved_cases import filed as filed_in

SERVICE = "complaint"

INSTANT = timedelta(microseconds=1)  # the smallest there is, here and in the database
ALWAYS_OPEN = terms()
OFFICE_HOURS = terms(working_week())


def acknowledged(case: Case, t: Terms) -> Case:
    return acknowledge(case, step_request("2026-11-16T10:00"), t)[0]


def proposed(case: Case, at: str, t: Terms) -> Case:
    case = judge(acknowledged(case, t), True, step_request("2026-11-16T11:00"), t)[0]
    return propose(case, PROPOSAL, offer(1), step_request(at), t)[0]


@pytest.mark.parametrize("t", [ALWAYS_OPEN, OFFICE_HOURS])
def test_C3_work_done_at_the_due_instant_is_in_time_and_an_instant_later_it_is_not(t: Terms) -> None:
    case, _ = filed("2026-11-16T09:00", t)
    due_at = due(case, "acknowledgement")
    in_time, events = acknowledge(case, step_request(due_at), t)
    assert (in_time.deadlines[0].state, in_time.deadlines[0].met_at) == ("met", due_at)
    assert [type(event) for event in events[:-1]] == [DeadlineWarned]
    late, events = acknowledge(case, step_request(due_at + INSTANT), t)
    assert (late.deadlines[0].state, late.deadlines[0].breached_at) == ("breached", due_at)
    assert [type(event) for event in events[:-1]] == [DeadlineWarned, DeadlineBreached, ComplaintEscalated]


def test_C3_every_stage_may_be_done_at_its_due_instant() -> None:
    t = ALWAYS_OPEN
    case = acknowledged(filed("2026-11-16T09:00", t)[0], t)
    case, _ = judge(case, True, step_request("2026-11-16T11:00"), t)
    case, events = propose(case, PROPOSAL, offer(1), step_request(due(case, "proposal")), t)
    assert not any(isinstance(event, DeadlineBreached) for event in events)
    case, _ = answer(case, None, True, step_request(due(case, "proposal") + hours(1)), t)
    case, events = resolve(case, PROPOSAL, step_request(due(case, "solution")), t)
    assert not any(isinstance(event, DeadlineBreached) for event in events)
    assert {deadline.state for deadline in case.deadlines} == {"met"}


def test_C3_a_judgement_that_a_case_is_not_valid_is_in_time_at_the_due_instant() -> None:
    t = ALWAYS_OPEN
    case = acknowledged(filed("2026-11-16T09:00", t)[0], t)
    case, _ = judge(case, False, step_request(due(case, "proposal")), t)
    assert {d.stage: d.state for d in case.deadlines} == {
        "acknowledgement": "met",
        "proposal": "cancelled",
        "solution": "met",
    }


def test_C3_a_pause_at_the_due_instant_stops_the_deadline_with_nothing_left() -> None:
    t = OFFICE_HOURS
    case, _ = filed("2026-11-16T09:00", t)  # 4 h: due at 13:00
    case, events = pause(case, step_request("2026-11-16T13:00"), t)
    assert not any(isinstance(event, DeadlineBreached) for event in events)
    assert (case.deadlines[0].state, case.deadlines[0].remaining) == ("paused", timedelta(0))
    case, events = resume(case, step_request("2026-11-16T15:00"), t)
    assert events == []
    assert due(case, "acknowledgement") == utc("2026-11-16T15:00")  # by the two hours that were paused
    in_time, _ = acknowledge(case, step_request("2026-11-16T15:00"), t)
    assert in_time.deadlines[0].state == "met"
    _, events = apply_elapsed_time(case, utc("2026-11-16T15:00") + INSTANT, t)
    assert [event.breached_at for event in events if isinstance(event, DeadlineBreached)] == [utc("2026-11-16T15:00")]


def test_K3_a_pause_at_the_due_instant_over_the_night_moves_nothing_and_the_breach_is_announced_on_resuming() -> None:
    t = OFFICE_HOURS
    case, _ = filed("2026-11-16T13:00", t)  # 4 h: due at 17:00, when the day ends
    case, _ = pause(case, step_request("2026-11-16T17:00"), t)
    case, events = resume(case, step_request("2026-11-17T09:00"), t)
    assert due(case, "acknowledgement") == utc("2026-11-16T17:00")
    assert [event.breached_at for event in events if isinstance(event, DeadlineBreached)] == [utc("2026-11-16T17:00")]


def test_K3_a_proposal_at_the_due_instant_of_the_solution_leaves_it_due_when_the_answer_comes() -> None:
    t = ALWAYS_OPEN
    case, _ = filed("2026-11-16T09:00", t)
    solution = due(case, "solution")
    case = judge(acknowledged(case, t), True, step_request("2026-11-16T11:00"), t)[0]
    case, _ = propose(case, PROPOSAL, offer(1), step_request(solution), t)
    case, _ = answer(case, None, True, step_request(solution + hours(5)), t)
    assert due(case, "solution") == solution + hours(5)
    case, _ = resolve(case, PROPOSAL, step_request(solution + hours(5)), t)
    assert {d.stage: d.state for d in case.deadlines}["solution"] == "met"


def test_K11_a_better_tier_at_the_due_instant_breaches_nothing_by_itself() -> None:
    t = ALWAYS_OPEN
    case, _ = filed("2026-11-16T09:00", t)
    due_at = due(case, "acknowledgement")
    case, events = change_tier(case, "platinum", due_at, t)
    assert not any(isinstance(event, DeadlineBreached) and event.stage == "acknowledgement" for event in events)
    assert due(case, "acknowledgement") == due_at


@pytest.mark.usefixtures("sound")
async def test_C3_the_timer_of_a_breach_waits_until_the_due_instant_is_over(database, deliver, announced) -> None:
    await deliver(database, subscriptions, [registered()])
    punctual, late = await filed_in(database, MONDAY), await filed_in(database, MONDAY)
    due_at = due(punctual, "acknowledgement")
    database.clock = Mock(return_value=due_at)
    await timers.fire_due(database, until=due_at)
    assert not any(isinstance(event, DeadlineBreached) for event in await announced())
    await database.run(
        lambda tx: take_step(tx, CaseRef(punctual.id), StepRequest(tx.at, "agent-1"), acknowledge), at=due_at
    )
    await timers.fire_due(database, until=due_at + INSTANT)
    assert (await deadlines(database, punctual.id))["acknowledgement"]["met_at"] == due_at
    assert (await deadlines(database, late.id))["acknowledgement"]["breached_at"] == due_at
    async with database.transaction() as tx:
        period = await repository.count_cases(tx, MONDAY, MONDAY + hours(1), None)
    assert (period.met["acknowledgement"], period.breached["acknowledgement"]) == (1, 1)


@pytest.mark.usefixtures("sound")
async def test_C3_a_case_is_listed_as_overdue_once_the_due_instant_is_over(database, deliver) -> None:
    await deliver(database, subscriptions, [registered()])
    case = await filed_in(database, MONDAY)
    due_at = due(case, "acknowledgement")

    async def overdue(now, is_overdue: bool) -> list[object]:
        async with database.transaction() as tx:
            rows = await repository.list_cases(
                tx, now, members=None, status=None, overdue=is_overdue, partner_id=None,
            awaits_approval=None, sort="newest", after=None,
                limit=10,
            )  # fmt: skip
        return [row.id for row in rows]

    assert (await overdue(due_at, True), await overdue(due_at, False)) == ([], [case.id])
    later = due_at + INSTANT
    assert (await overdue(later, True), await overdue(later, False)) == ([case.id], [])
