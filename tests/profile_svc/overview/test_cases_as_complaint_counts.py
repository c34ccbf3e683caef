"""G3, C3: of any case, however it was worked, profile counts overdue what complaint itself says is overdue. Pure."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.complaint_svc.cases.domain import steps
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.elapsed_time import apply_elapsed_time
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.profile_svc.overview.domain.cases import fold_cases
from shared.authority import Gift
from shared.errors import DomainError
from shared.events import Event
from tests.complaint_svc.case_builders import always, filed, terms, utc

T = terms()
SOME_ID = UUID(int=9)
OFFER = steps.Offer(Gift(1, Decimal(0)), date(2026, 1, 5))
STEPS = {
    "acknowledge": steps.acknowledge,
    "judge valid": lambda case, request, t: steps.judge(case, True, request, t),
    "judge invalid": lambda case, request, t: steps.judge(case, False, request, t),
    "propose": lambda case, request, t: steps.propose(case, SOME_ID, OFFER, request, t),
    "refuse": lambda case, request, t: steps.answer(case, None, False, request, t),
    "accept": lambda case, request, t: steps.answer(case, None, True, request, t),
    "resolve": lambda case, request, t: steps.resolve(case, SOME_ID, request, t),
    "tell": lambda case, request, t: steps.follow_up(case, None, False, request, t),
    "close": lambda case, request, t: steps.follow_up(case, None, True, request, t),
    "reopen": lambda case, request, t: steps.reopen(case, always(None), request, t),
    "pause": steps.pause,
    "resume": steps.resume,
}
# what is worked (or what comes next in this order, where that is not its turn), how many hours after the last, and how
# many hours back it is told to have been
worked = st.tuples(st.integers(0, len(STEPS) - 1), st.integers(1, 60), st.sampled_from([0, 0, 2, 30]))


def overdue(case: Case) -> bool:
    """As complaint lists it: a stage is past its due date and still owed."""
    return case.status != "closed" and any(d.owed and d.breached_at is not None for d in case.deadlines)


def counted(events: list[Event]) -> bool:
    return next(iter(fold_cases(events).values())).is_overdue


def take(case: Case, name: str, at, back: int) -> tuple[Case, list[Event]]:
    act_at = max(case.last_step_at + timedelta(minutes=1), at - timedelta(hours=back)) if name != "reopen" else at
    return STEPS[name](case, StepRequest(act_at, "agent-1"), T)


def take_some(case: Case, first: int, at, back: int) -> tuple[Case, list[Event]]:
    names = list(STEPS)
    for name in names[first:] + names[:first]:
        try:
            return take(case, name, at, back)
        except DomainError:  # it is not its turn
            pass
    return case, []


@settings(max_examples=300, deadline=None)
@given(st.lists(worked, max_size=14))
def test_G3_overview_and_complaint_agree_on_what_is_overdue(history):
    now = utc("2026-11-16T09:00")
    case, events = filed(now, T)
    for first, hours, back in history:
        now += timedelta(hours=hours)
        case, happened = apply_elapsed_time(case, now, T)  # the timers have fired, whatever is told of the time before
        events += happened
        case, happened = take_some(case, first, now, back)
        events += happened
        assert counted(events) == overdue(case)


def test_G3_overview_a_breach_ends_for_both_when_the_case_is_judged_not_valid():
    case, events = filed("2026-11-16T09:00", T)
    for name, at in (("acknowledge", "2026-11-16T10:00"), ("judge invalid", "2026-11-19T09:00")):
        case, happened = take(case, name, utc(at), 0)
        events += happened
    assert (overdue(case), counted(events)) == (False, False)


def test_G3_overview_nothing_gets_late_for_either_after_the_case_was_judged_not_valid():
    case, events = filed("2026-11-16T09:00", T)
    plan = (("acknowledge", "2026-11-16T10:00"), ("judge invalid", "2026-11-16T11:00"), ("tell", "2026-11-30T09:00"))
    for name, at in plan:
        case, late = apply_elapsed_time(case, utc(at) - timedelta(hours=1), T)
        assert (overdue(case), counted(events + late)) == (False, False)
        case, happened = take(case, name, utc(at), 0)
        events += late + happened
    assert (overdue(case), counted(events)) == (False, False)
