"""Time in the service: by which terms deadlines are counted, how their timers are armed, and what firing one does (C3).

A deadline has one timer, for its next moment only; whatever moves that moment arms the next generation. A case told
after the fact is saved step by step within seconds, so its timers wait a grace: it is judged by the instants that were
told, not by how far its telling has come. What has fired by then stays fired; no later fact of the past undoes it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.elapsed_time import let_time_pass
from services.complaint_svc.deadlines.domain.deadlines import Deadline, next_moment
from services.complaint_svc.deadlines.handlers import load_terms
from services.complaint_svc.settings import practice
from shared.events import Event
from shared.messaging import Timer, Transaction, announce, cancel_timers, set_timer

LATELY = timedelta(minutes=5)  # what is told within it is told as it happens


@dataclass(frozen=True, slots=True)
class Told:
    """Who tells a step, and since when it is true. `at` is None for what happens now."""

    by: str
    at: datetime | None = None
    note: str | None = None

    def after_the_fact(self, now: datetime) -> bool:
        return self.at is not None and self.at < now - LATELY


async def when_most_of_the_time_is_gone_warn(tx: Transaction, timer: Timer) -> None:
    await _let_time_pass(tx, timer)


async def when_the_time_is_up_record_the_breach_and_escalate(tx: Transaction, timer: Timer) -> None:
    await _let_time_pass(tx, timer)


async def when_a_breach_is_ignored_climb_to_the_next_rung(tx: Transaction, timer: Timer) -> None:
    await _let_time_pass(tx, timer)


async def _let_time_pass(tx: Transaction, timer: Timer) -> None:
    """A case that somebody is working on right now is left alone: the timer comes again in a moment."""
    before = await repository.load_case(tx, UUID(timer.aggregate.partition("/")[0]), wait=False)
    after, events = let_time_pass(before, max(tx.at, timer.due_at), await load_terms(tx, tx.at))
    await save_decision(tx, before, after, events)


async def save_decision(
    tx: Transaction, before: Case, after: Case, events: list[Event], *, replayed: bool = False
) -> Case:
    """Arm what moved, save, announce. `replayed`: it is told after the fact, so all that runs waits for more."""
    after = hold_back(after, tx.at) if replayed else after
    if after == before and not events:
        return after
    after = await arm_timers(tx, before.deadlines, after)
    await repository.save_case(tx, after)
    announce(tx, events)
    return after


def hold_back(case: Case, now: datetime) -> Case:
    return replace(case, replayed_until=now + timedelta(seconds=practice().replay_grace_seconds))


async def arm_timers(tx: Transaction, before: tuple[Deadline, ...], case: Case) -> Case:
    """Each deadline whose next moment is another one (or all, when the grace was prolonged) gets its timer anew."""
    known = {(deadline.round, deadline.stage): deadline for deadline in before}
    held_back = case.replayed_until is not None and case.replayed_until > tx.at
    deadlines = []
    for deadline in case.deadlines:
        earlier = known.get((deadline.round, deadline.stage))
        coming, was = next_moment(deadline), None if earlier is None else next_moment(earlier)
        if coming == was and not (held_back and coming is not None):
            deadlines.append(deadline)
            continue
        name, generation = f"{case.id}/{deadline.round}/{deadline.stage}", deadline.generation + 1
        if was is not None and (coming is None or coming.kind != was.kind):
            await cancel_timers(tx, name)  # a later generation of the same kind takes the place by itself
        if coming is not None:
            due_at = coming.at if case.replayed_until is None else max(coming.at, case.replayed_until)
            await set_timer(tx, name, coming.kind, generation, due_at)
        deadlines.append(replace(deadline, generation=generation))
    return replace(case, deadlines=tuple(deadlines))
