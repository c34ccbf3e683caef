"""The deadlines of a case together: given to a round, met, ended, paused, resumed, brought forward (C3, K11)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from services.complaint_svc.cases.domain.case import Case, Waiting
from services.complaint_svc.deadlines.domain.deadline_rules import STAGES
from services.complaint_svc.deadlines.domain.deadlines import (
    Deadline,
    Terms,
    cancel_deadline,
    meet_deadline,
    pause_deadline,
    resume_deadline,
    shorten_deadline,
    start_deadline,
)
from shared.events.complaint import Stage


def all_stages(case: Case, tier: str | None, at: datetime, terms: Terms) -> tuple[Deadline, ...]:
    allowance = terms.rules.allowance(case.kind, case.severity, tier)
    given = [(stage, time) for stage in STAGES if (time := allowance.of(stage)) is not None]
    return tuple(start_deadline(stage, case.round, tier, case.region, time, at, terms) for stage, time in given)


def change_deadlines(case: Case, change: Callable[[Deadline], Deadline]) -> Case:
    return replace(case, deadlines=tuple(change(deadline) for deadline in case.deadlines))


def meet_stage(case: Case, stage: Stage, at: datetime) -> Case:
    return change_deadlines(case, lambda d: meet_deadline(d, at) if d.stage == stage else d)


def end_deadline(deadline: Deadline, at: datetime) -> Deadline:
    """The end of the work: the solution is there, and what was not needed on the way is owed no more."""
    return meet_deadline(deadline, at) if deadline.stage == "solution" else cancel_deadline(deadline, at)


def better_by(case: Case, tiers: Sequence[str | None], at: datetime, terms: Terms) -> Case:
    """Each of these tiers, in the case's region, may bring the deadlines forward."""

    def by_each(deadline: Deadline) -> Deadline:
        for tier in tiers:
            deadline = shorten(deadline, case, (tier, case.region), at, terms)
        return deadline

    return change_deadlines(case, by_each)


def shorten(
    deadline: Deadline, case: Case, served: tuple[str | None, str | None], at: datetime, terms: Terms
) -> Deadline:
    tier, region = served
    allowance = terms.rules.allowance(case.kind, case.severity, tier).of(deadline.stage)
    return shorten_deadline(deadline, allowance, tier, region, at, terms)


def pause_deadlines(case: Case, waiting: Waiting, at: datetime, terms: Terms) -> Case:
    return change_deadlines(replace(case, waiting=waiting), lambda d: pause_deadline(d, at, terms))


def resume_deadlines(case: Case, at: datetime, terms: Terms) -> Case:
    """They run on, by the hours of a tier that was heard of meanwhile, where that is due earlier from here on."""

    def resume_by_each(deadline: Deadline) -> Deadline:
        resumed = resume_deadline(deadline, at, terms)
        for tier in deadline.other_tiers if resumed is not deadline else ():
            resumed = shorten(resumed, case, (tier, case.region), at, terms)
        return resumed

    return change_deadlines(replace(case, waiting=None), resume_by_each)
