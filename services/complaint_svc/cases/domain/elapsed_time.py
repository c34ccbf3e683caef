"""What happens to a case when nobody does anything: warnings, breaches, and the climb up the ladder (C3).

Everything happens at the instant it was due, in the order of those instants. So it does not matter whether a timer
fired on the second, an hour late, or whether a step came first and found the time already gone: the facts are the same.
"""

from dataclasses import replace
from datetime import datetime

from services.complaint_svc.cases.domain.case import Case, Climb, next_rung
from services.complaint_svc.deadlines.domain.deadlines import (
    Deadline,
    Moment,
    Terms,
    breach,
    climb_again_after,
    climb_no_more,
    next_moment,
    warn,
)
from shared.events import ComplaintEscalated, DeadlineBreached, DeadlineWarned, Event


def let_time_pass(case: Case, now: datetime, terms: Terms) -> tuple[Case, list[Event]]:
    """Apply every moment up to and including `now`, one by one."""
    events: list[Event] = []
    while (coming := _first_moment(case)) is not None and coming[0].at <= now:
        case, happened = _apply(case, *coming, terms)
        events += happened
    return case, events


def _first_moment(case: Case) -> tuple[Moment, Deadline] | None:
    moments = [(moment, deadline) for deadline in case.deadlines if (moment := next_moment(deadline)) is not None]
    return min(moments, key=lambda pair: pair[0].at, default=None)  # at one instant, in the order of the stages


def _apply(case: Case, moment: Moment, deadline: Deadline, terms: Terms) -> tuple[Case, list[Event]]:
    about = case.about
    events: list[Event] = []
    if moment.kind == "deadline_warning":
        changed = warn(deadline)
        events = [DeadlineWarned(**about, stage=deadline.stage, due_at=deadline.due_at, warned_at=moment.at)]
        return _with(case, deadline, changed), events
    changed = deadline
    if moment.kind == "deadline_breach":
        changed = breach(deadline)
        events = [DeadlineBreached(**about, stage=deadline.stage, due_at=deadline.due_at, breached_at=moment.at)]
    rung = next_rung(case.rung)
    if rung is not None:
        climb = Climb(rung, deadline.stage, deadline.round, moment.at)
        case = replace(case, rung=rung, climbs=(*case.climbs, climb))
        events.append(ComplaintEscalated(**about, stage=deadline.stage, rung=rung, escalated_at=moment.at))
    more = next_rung(case.rung) is not None
    changed = climb_again_after(changed, moment.at, terms) if more else climb_no_more(changed)
    return _with(case, deadline, changed), events


def _with(case: Case, old: Deadline, new: Deadline) -> Case:
    return replace(case, deadlines=tuple(new if deadline is old else deadline for deadline in case.deadlines))
