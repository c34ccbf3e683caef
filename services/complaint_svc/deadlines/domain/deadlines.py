"""A deadline of one stage: it runs, stops, goes on, warns, breaches, is met or dropped; each at most once (C3)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal

from services.complaint_svc.calendars.domain.business_time import NOTHING, Calendar, answer_due_at, working_time_between
from services.complaint_svc.deadlines.domain.allowances import AllowanceRules
from shared.events.complaint import Stage

MomentKind = Literal["deadline_warning", "deadline_breach", "deadline_escalation"]
DeadlineState = Literal["running", "paused", "met", "breached", "cancelled"]


@dataclass(frozen=True)
class Terms:
    """What deadlines are counted by: the calendar, the allowances, and when to warn, climb and reopen."""

    calendar: Calendar
    rules: AllowanceRules
    warning_share: Fraction = Fraction(4, 5)
    climb_after: timedelta = timedelta(hours=8)  # working time a breach may be ignored before the next rung
    reopen_within: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens next to a deadline if nobody does anything."""

    at: datetime
    kind: MomentKind


@dataclass(frozen=True, slots=True)
class Deadline:
    """`left` is the working time to the due date (after a breach: to the next rung) as of `running_since`.

    A deadline ends once: `met_at` (done in time), `breached_at` (it stays breached; `late_at` says when the work was
    done after all) or `cancelled_at` (no longer owed). `generation` counts how often its timer was armed anew.
    """

    stage: Stage
    round: int
    tier: str | None  # whose allowance it has
    allowance: timedelta
    started_at: datetime
    left: timedelta
    running_since: datetime | None  # None: stopped
    warn_at: datetime  # while stopped, warn_at and due_at are where they stood
    due_at: datetime
    climb_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    late_at: datetime | None = None
    met_at: datetime | None = None
    cancelled_at: datetime | None = None
    generation: int = 0

    @property
    def live(self) -> bool:
        """Still owed: neither met nor cancelled, nor done late."""
        return self.met_at is None and self.cancelled_at is None and self.late_at is None

    @property
    def state(self) -> DeadlineState:
        if self.cancelled_at is not None:
            return "cancelled"
        if self.met_at is not None:
            return "met"
        if self.breached_at is not None:
            return "breached"
        return "paused" if self.running_since is None else "running"


def start_deadline(
    stage: Stage, round_: int, tier: str | None, allowance: timedelta, at: datetime, terms: Terms
) -> Deadline:
    new = Deadline(stage, round_, tier, allowance, at, allowance, at, at, at)
    return _run_from(new, at, terms)


def next_moment(deadline: Deadline) -> Moment | None:
    """The warning, then the breach, then rung after rung. Nothing while it is stopped or once it has ended."""
    if not deadline.live or deadline.running_since is None:
        return None
    if deadline.breached_at is not None:
        return None if deadline.climb_at is None else Moment(deadline.climb_at, "deadline_escalation")
    if deadline.warned_at is None:
        return Moment(deadline.warn_at, "deadline_warning")
    return Moment(deadline.due_at, "deadline_breach")


def warn(deadline: Deadline) -> Deadline:
    return replace(deadline, warned_at=deadline.warn_at)


def breach(deadline: Deadline) -> Deadline:
    return replace(deadline, breached_at=deadline.due_at)


def climb_again_after(deadline: Deadline, since: datetime, terms: Terms) -> Deadline:
    """It was ignored up to here; the next rung comes after as much working time again."""
    climb_at = answer_due_at(since, terms.climb_after, terms.calendar)
    return replace(deadline, left=terms.climb_after, running_since=since, climb_at=climb_at)


def climb_no_more(deadline: Deadline) -> Deadline:
    return replace(deadline, climb_at=None)


def stop_deadline(deadline: Deadline, at: datetime, terms: Terms) -> Deadline:
    """The customer is to answer: what is left stays left. The ladder waits too."""
    if not deadline.live or deadline.running_since is None:
        return deadline
    return replace(deadline, left=left_at(deadline, at, terms.calendar), running_since=None)


def resume_deadline(deadline: Deadline, at: datetime, terms: Terms) -> Deadline:
    """Run on with what was left: so the due date moves by the working time that was stopped, and by no more (K3)."""
    if not deadline.live or deadline.running_since is not None:
        return deadline
    return _run_from(deadline, at, terms)


def better_deadline(
    deadline: Deadline, allowance: timedelta | None, tier: str | None, at: datetime, terms: Terms
) -> Deadline:
    """A change while the case is open: the due date may come earlier, never later (K11).

    Time already worked counts against the smaller allowance. If that had run out before anybody could know, the share
    of it that follows the warning is still given: a change may press, it does not breach by itself. What was promised
    by an earlier calendar stays the bound: a day closed since then makes even the smaller allowance end later.
    """
    if allowance is None or not deadline.live or deadline.breached_at is not None or allowance >= deadline.allowance:
        return deadline
    left = _not_worked(deadline, at, terms.calendar)
    used = deadline.allowance - left
    smaller = min(left, max(allowance - used, _after_warning(allowance, terms)))
    changed = replace(deadline, tier=tier, allowance=allowance, left=smaller)
    if deadline.running_since is None:
        return changed  # what is left was bounded by the promise when it was stopped, and gets only smaller here
    counted = _run_from(changed, at, terms)
    return replace(counted, warn_at=min(counted.warn_at, deadline.warn_at), due_at=min(counted.due_at, deadline.due_at))


def meet_deadline(deadline: Deadline, at: datetime) -> Deadline:
    """The work is done. Met late stays breached."""
    if not deadline.live:
        return deadline
    return replace(deadline, late_at=at) if deadline.breached_at is not None else replace(deadline, met_at=at)


def drop_deadline(deadline: Deadline, at: datetime) -> Deadline:
    """It is no longer owed. One that was breached stays breached."""
    if not deadline.live:
        return deadline
    return replace(deadline, late_at=at) if deadline.breached_at is not None else replace(deadline, cancelled_at=at)


def left_at(deadline: Deadline, at: datetime, calendar: Calendar) -> timedelta:
    """Working time still left at an instant: to the due date, or after a breach to the next rung.

    A promised due date stays where it is when days are closed after the promise. Then less is left to it than was
    given and not worked yet, and a stop that gave the rest back would move it by more than was stopped (K3).
    """
    left = _not_worked(deadline, at, calendar)
    if deadline.running_since is None or deadline.breached_at is not None:
        return left
    return min(left, working_time_between(at, deadline.due_at, calendar))


def _not_worked(deadline: Deadline, at: datetime, calendar: Calendar) -> timedelta:
    """Of what was left when it began to run, the part that was not worked since."""
    if deadline.running_since is None:
        return deadline.left
    return max(NOTHING, deadline.left - working_time_between(deadline.running_since, at, calendar))


def _after_warning(allowance: timedelta, terms: Terms) -> timedelta:
    share = 1 - terms.warning_share
    return timedelta(seconds=int(allowance.total_seconds() * share))


def _run_from(deadline: Deadline, at: datetime, terms: Terms) -> Deadline:
    running = replace(deadline, running_since=at)
    end = answer_due_at(at, deadline.left, terms.calendar)
    if deadline.breached_at is not None:
        return replace(running, climb_at=None if deadline.climb_at is None else end)
    if deadline.warned_at is not None:
        return replace(running, due_at=end)
    to_warning = deadline.left - _after_warning(deadline.allowance, terms)
    return replace(running, due_at=end, warn_at=answer_due_at(at, to_warning, terms.calendar))
