"""What happens to a case when nobody does anything: warnings, breaches, and escalation level by level (C3).

Everything happens at the instant it was due, in the order in which it comes about. So it does not matter whether a
timer fired on the second, an hour late, or whether a step came first and found the time gone: the facts are the same.
"""

from dataclasses import replace
from datetime import datetime

from services.complaint_svc.cases.domain.case import Case, Escalation, next_level
from services.complaint_svc.deadlines.domain.deadlines import (
    Deadline,
    NextDeadlineAction,
    Terms,
    breach,
    end_escalation,
    next_action,
    schedule_escalation,
    warn,
)
from shared.events import ComplaintEscalated, DeadlineBreached, DeadlineWarned, Event


def apply_elapsed_time(case: Case, now: datetime, terms: Terms) -> tuple[Case, list[Event]]:
    """Apply every action that has come about by `now`, one by one: the case afterwards, and what is to be announced.

    A deadline that is due at `now` is not breached yet: what is done at the due instant is in time.
    """
    events: list[Event] = []
    while (coming := _next_action_of(case)) is not None and coming[0].fires_at <= now:
        case, happened = _apply(case, *coming, terms)
        events += happened
    return case, events


def _next_action_of(case: Case) -> tuple[NextDeadlineAction, Deadline] | None:
    actions = [(action, deadline) for deadline in case.deadlines if (action := next_action(deadline)) is not None]
    return min(actions, key=lambda pair: pair[0].fires_at, default=None)  # at one instant, in the order of the stages


def _apply(case: Case, action: NextDeadlineAction, deadline: Deadline, terms: Terms) -> tuple[Case, list[Event]]:
    fields = case.event_fields
    events: list[Event] = []
    if action.kind == "deadline_warning":
        changed = warn(deadline)
        events = [DeadlineWarned(**fields, stage=deadline.stage, due_at=deadline.due_at, warned_at=action.at)]
        return _with(case, deadline, changed), events
    changed = deadline
    if action.kind == "deadline_breach":
        changed = breach(deadline)
        events = [DeadlineBreached(**fields, stage=deadline.stage, due_at=deadline.due_at, breached_at=action.at)]
    level = next_level(case.escalation_level)
    if level is not None:
        escalation = Escalation(level, deadline.stage, deadline.round, action.at)
        case = replace(case, escalation_level=level, escalations=(*case.escalations, escalation))
        events.append(
            ComplaintEscalated(**fields, stage=deadline.stage, escalation_level=level, escalated_at=action.at)
        )
    more = next_level(case.escalation_level) is not None
    changed = schedule_escalation(changed, action.at, case.escalation_level, terms) if more else end_escalation(changed)
    return _with(case, deadline, changed), events


def _with(case: Case, old: Deadline, new: Deadline) -> Case:
    return replace(case, deadlines=tuple(new if deadline is old else deadline for deadline in case.deadlines))
