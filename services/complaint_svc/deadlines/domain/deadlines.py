"""A deadline of one stage: it runs, is paused, resumed, warns, is breached, met or cancelled; it ends once (C3)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from services.complaint_svc.calendars.domain.business_time import NOTHING, Calendar, answer_due_at, working_time_between
from services.complaint_svc.deadlines.domain.deadline_rules import DeadlineRules
from shared.events.complaint import Stage

INSTANT = timedelta(microseconds=1)
"""The smallest difference of two instants, here and in the database."""

DeadlineActionKind = Literal["deadline_warning", "deadline_breach", "deadline_escalation"]
DeadlineState = Literal["running", "paused", "met", "breached", "cancelled"]


@dataclass(frozen=True)
class Terms:
    """What deadlines are counted by: the calendars and the deadline rules in force, and which versions these are.

    `calendar_of`: (tier, region) -> by which calendar customers of that tier and region are served.
    """

    calendar_of: Callable[[str | None, str | None], Calendar]
    rules: DeadlineRules
    deadline_rules_version: int
    calendar_rules_version: int


@dataclass(frozen=True, slots=True)
class NextDeadlineAction:
    """What happens next to a deadline, and when, if nobody does anything."""

    at: datetime
    kind: DeadlineActionKind

    @property
    def fires_at(self) -> datetime:
        """The first instant at which it has come about.

        Whoever works at the very due instant is in time (C3), so a breach is one only when that instant is over.
        """
        return self.at + INSTANT if self.kind == "deadline_breach" else self.at


@dataclass(frozen=True, slots=True)
class Deadline:
    """`remaining` is the working time to the due date (after a breach: to the next escalation) as of `running_since`.

    It is counted by the hours of `tier` and `region`, on from `started_at`, without `pauses`: instants at which it was
    paused and resumed, in turn. Which of two tiers with different hours is due first may be another one after a pause:
    those that it was not counted by last are kept in `other_tiers`, and looked at again when it is resumed.

    A deadline ends once: `met_at` (done in time), `breached_at` (it stays breached; `done_late_at` says when the work
    was done after all) or `cancelled_at` (no longer owed). `generation` counts how often its timer was armed anew.
    """

    stage: Stage
    round: int
    tier: str | None  # whose allowance it has, and whose hours
    allowance: timedelta
    started_at: datetime
    remaining: timedelta
    running_since: datetime | None  # None: paused
    warn_at: datetime  # while paused, warn_at and due_at are where they stood
    due_at: datetime
    deadline_rules_version: int  # that gave the allowance
    calendar_rules_version: int  # by which the due date was counted last
    escalate_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    done_late_at: datetime | None = None
    met_at: datetime | None = None
    cancelled_at: datetime | None = None
    generation: int = 0
    region: str | None = None
    pauses: tuple[datetime, ...] = ()
    other_tiers: tuple[str | None, ...] = ()

    @property
    def owed(self) -> bool:
        """Still owed: neither met nor cancelled, nor done late."""
        return self.met_at is None and self.cancelled_at is None and self.done_late_at is None

    @property
    def state(self) -> DeadlineState:
        """What it is now: it has ended one way or another, or it runs or is paused."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.met_at is not None:
            return "met"
        if self.breached_at is not None:
            return "breached"
        return "paused" if self.running_since is None else "running"


def start_deadline(
    stage: Stage, round_: int, tier: str | None, region: str | None, allowance: timedelta, at: datetime, terms: Terms
) -> Deadline:
    """A deadline of a stage that runs from `at`: its whole allowance of working time is left."""
    new = Deadline(
        stage, round_, tier, allowance, at, allowance, at, at, at,
        terms.deadline_rules_version, terms.calendar_rules_version, region=region,
    )  # fmt: skip
    return _run_from(new, at, terms)


def next_action(deadline: Deadline) -> NextDeadlineAction | None:
    """The warning, then the breach, then one escalation after another. None while it is paused or has ended."""
    if not deadline.owed or deadline.running_since is None:
        return None
    if deadline.breached_at is not None:
        return None if deadline.escalate_at is None else NextDeadlineAction(deadline.escalate_at, "deadline_escalation")
    if deadline.warned_at is None:
        return NextDeadlineAction(deadline.warn_at, "deadline_warning")
    return NextDeadlineAction(deadline.due_at, "deadline_breach")


def warn(deadline: Deadline) -> Deadline:
    """Most of its time is used; noted at the instant that was so."""
    return replace(deadline, warned_at=deadline.warn_at)


def breach(deadline: Deadline) -> Deadline:
    """Its time is over; noted at the due instant, whenever somebody looked."""
    return replace(deadline, breached_at=deadline.due_at)


def schedule_escalation(deadline: Deadline, since: datetime, level: str, terms: Terms) -> Deadline:
    """The breach has come to this level; the next escalation comes when the level has ignored it for its time."""
    ignored_for = terms.rules.time_to_escalate(level)
    escalate_at = answer_due_at(since, ignored_for, _calendar(deadline, terms))
    return replace(deadline, remaining=ignored_for, running_since=since, escalate_at=escalate_at)


def end_escalation(deadline: Deadline) -> Deadline:
    """The case has reached the highest level: nothing more happens by itself."""
    return replace(deadline, escalate_at=None)


def pause_deadline(deadline: Deadline, at: datetime, terms: Terms) -> Deadline:
    """The customer is to answer: the working time that is left stays left. An escalation to come waits too."""
    if not deadline.owed or deadline.running_since is None:
        return deadline
    left = remaining_at(deadline, at, _calendar(deadline, terms))
    return replace(deadline, remaining=left, running_since=None, pauses=(*deadline.pauses, at))


def resume_deadline(deadline: Deadline, at: datetime, terms: Terms) -> Deadline:
    """Run on with what was left: the due date moves by the working time that was paused, and by no more (K3)."""
    if not deadline.owed or deadline.running_since is not None:
        return deadline
    deadline = replace(deadline, pauses=(*deadline.pauses, at))
    resumed = _run_from(deadline, at, terms)
    if deadline.remaining > NOTHING or deadline.breached_at is not None:
        return resumed
    # It was paused at its very end. Counted forward from here it would end here, and be given the night as well.
    calendar = _calendar(deadline, terms)
    paused = working_time_between(deadline.due_at, at, calendar)
    due_at = answer_due_at(deadline.due_at, paused, calendar)
    return replace(resumed, due_at=due_at, warn_at=min(resumed.warn_at, due_at))


def shorten_deadline(
    deadline: Deadline, allowance: timedelta | None, tier: str | None, region: str | None, at: datetime, terms: Terms
) -> Deadline:
    """A change while the case is open: the due date may come earlier, never later (K11).

    Time already worked counts against the smaller allowance. If that had run out before anybody could know, the share
    of it that follows the warning is still given: a change may press, it does not breach by itself. What was promised
    by an earlier calendar stays the bound: a day closed since then makes even the smaller allowance end later.

    A tier or region with other hours is taken where its allowance, counted by its hours from the beginning, ends
    earlier than what was promised.
    """
    if allowance is None or not deadline.owed or deadline.breached_at is not None:
        return deadline
    if terms.calendar_of(tier, region) != _calendar(deadline, terms):
        return _count_by_other_hours(deadline, allowance, tier, region, at, terms)
    if allowance >= deadline.allowance:
        return deadline
    left = _not_worked(deadline, at, _calendar(deadline, terms))
    used = deadline.allowance - left
    smaller = min(left, max(allowance - used, _after_warning(allowance, terms)))
    changed = replace(
        deadline, tier=tier, region=region, allowance=allowance, remaining=smaller,
        deadline_rules_version=terms.deadline_rules_version,
    )  # fmt: skip
    if deadline.running_since is None:
        return changed  # what is left was bounded by the promise when it was paused, and gets only smaller here
    counted = _run_from(changed, at, terms)
    return replace(counted, warn_at=min(counted.warn_at, deadline.warn_at), due_at=min(counted.due_at, deadline.due_at))


def _count_by_other_hours(
    deadline: Deadline, allowance: timedelta, tier: str | None, region: str | None, at: datetime, terms: Terms
) -> Deadline:
    if deadline.running_since is None:
        return _remember(deadline, tier)
    pauses = list(zip(deadline.pauses[::2], deadline.pauses[1::2], strict=True))
    used = working_time_between(deadline.started_at, at, terms.calendar_of(tier, region), pauses)
    other = replace(
        deadline, tier=tier, region=region, allowance=allowance,
        remaining=max(allowance - used, _after_warning(allowance, terms)),
        deadline_rules_version=terms.deadline_rules_version,
    )  # fmt: skip
    counted = _run_from(other, at, terms)
    if counted.due_at >= deadline.due_at:
        return _remember(deadline, tier)
    return _remember(replace(counted, warn_at=min(counted.warn_at, deadline.warn_at)), deadline.tier)


def _remember(deadline: Deadline, tier: str | None) -> Deadline:
    """Look at this tier again when it is resumed; not at the one whose hours it has."""
    tiers = dict.fromkeys((*deadline.other_tiers, tier))
    return replace(deadline, other_tiers=tuple(other for other in tiers if other != deadline.tier))


def meet_deadline(deadline: Deadline, at: datetime) -> Deadline:
    """The work of the stage is done: in time, or late, which leaves it breached."""
    if not deadline.owed:
        return deadline
    return replace(deadline, done_late_at=at) if deadline.breached_at is not None else replace(deadline, met_at=at)


def cancel_deadline(deadline: Deadline, at: datetime) -> Deadline:
    """The stage is no longer owed. A deadline that was breached stays breached and is noted as done late."""
    if not deadline.owed:
        return deadline
    return (
        replace(deadline, done_late_at=at) if deadline.breached_at is not None else replace(deadline, cancelled_at=at)
    )


def remaining_at(deadline: Deadline, at: datetime, calendar: Calendar) -> timedelta:
    """Working time still left at an instant: to the due date, or after a breach to the next escalation.

    A promised due date stays where it is when days are closed after the promise. Then less is left to it than was
    given and not worked yet, and a pause that gave the rest back would move it by more than was paused (K3).
    """
    left = _not_worked(deadline, at, calendar)
    if deadline.running_since is None or deadline.breached_at is not None:
        return left
    return min(left, working_time_between(at, deadline.due_at, calendar))


def _not_worked(deadline: Deadline, at: datetime, calendar: Calendar) -> timedelta:
    """Of what was left when it began to run, the part that was not worked since."""
    if deadline.running_since is None:
        return deadline.remaining
    return max(NOTHING, deadline.remaining - working_time_between(deadline.running_since, at, calendar))


def _calendar(deadline: Deadline, terms: Terms) -> Calendar:
    """By which hours it is counted."""
    return terms.calendar_of(deadline.tier, deadline.region)


def _after_warning(allowance: timedelta, terms: Terms) -> timedelta:
    return terms.rules.left_at_warning(allowance)


def _run_from(deadline: Deadline, at: datetime, terms: Terms) -> Deadline:
    running = replace(deadline, running_since=at, calendar_rules_version=terms.calendar_rules_version)
    calendar = _calendar(deadline, terms)
    end = answer_due_at(at, deadline.remaining, calendar)
    if deadline.breached_at is not None:
        return replace(running, escalate_at=None if deadline.escalate_at is None else end)
    if deadline.warned_at is not None:
        return replace(running, due_at=end)
    to_warning = deadline.remaining - _after_warning(deadline.allowance, terms)
    return replace(running, due_at=end, warn_at=answer_due_at(at, to_warning, calendar))
