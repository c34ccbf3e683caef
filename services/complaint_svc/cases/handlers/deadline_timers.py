"""The timers of deadlines: how they are armed, and what firing one does (C3).

A deadline has one timer, for its next action only; whatever moves that action arms the next generation. A case that is
reported after the fact is saved step by step within seconds, so its timers wait a grace: it is judged by the instants
reported, not by how far the report has come. What has fired by then stays fired; no later fact of the past undoes it.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.elapsed_time import apply_elapsed_time
from services.complaint_svc.deadlines.domain.deadlines import Deadline, next_action
from services.complaint_svc.deadlines.handlers import load_terms
from services.complaint_svc.settings import business_settings
from shared.events import Event
from shared.messaging import Timer, Transaction, announce, cancel_timers, set_timer


async def when_most_of_the_time_is_used_warn(tx: Transaction, timer: Timer) -> None:
    """Four fifths of the allowance, unless set otherwise."""
    await _apply_elapsed_time(tx, timer)


async def when_a_deadline_is_reached_record_the_breach_and_escalate(tx: Transaction, timer: Timer) -> None:
    """The whole allowance is used and the due instant is over: the breach, and the first level of escalation."""
    await _apply_elapsed_time(tx, timer)


async def when_a_breach_is_ignored_escalate_to_the_next_level(tx: Transaction, timer: Timer) -> None:
    """Working time went by since the last level, and the stage still is not done."""
    await _apply_elapsed_time(tx, timer)


async def _apply_elapsed_time(tx: Transaction, timer: Timer) -> None:
    """A case that somebody is working on right now is left alone: the timer comes again in a moment."""
    before = await repository.load_case(tx, UUID(timer.aggregate.partition("/")[0]), wait=False)
    after, events = apply_elapsed_time(before, max(tx.at, timer.due_at), await load_terms(tx, tx.at))
    await save_decision(tx, before, after, events)


async def save_decision(
    tx: Transaction, before: Case, after: Case, events: list[Event], *, backdated: bool = False
) -> Case:
    """Arm what moved, save, announce. `backdated`: it was reported after the fact, so all that runs waits for more."""
    after = delay_timers(after, tx.at) if backdated else after
    if after == before and not events:
        return after
    after = await arm_timers(tx, before.deadlines, after)
    await repository.save_case(tx, after)
    announce(tx, events)
    return after


def delay_timers(case: Case, now: datetime) -> Case:
    """The timers of the case wait a grace from now on, so that its story can be reported to its end."""
    return replace(case, replayed_until=now + business_settings().replay_grace)


async def arm_timers(tx: Transaction, before: tuple[Deadline, ...], case: Case) -> Case:
    """Each deadline whose next action is another one (or all, when the grace was prolonged) gets its timer anew.

    Returns the case with the generations of its timers.
    """
    earlier_of = {(deadline.round, deadline.stage): deadline for deadline in before}
    delayed = case.replayed_until is not None and case.replayed_until > tx.at
    deadlines = []
    for deadline in case.deadlines:
        earlier = earlier_of.get((deadline.round, deadline.stage))
        coming, armed = next_action(deadline), None if earlier is None else next_action(earlier)
        if coming == armed and not (delayed and coming is not None):
            deadlines.append(deadline)
            continue
        name, generation = f"{case.id}/{deadline.round}/{deadline.stage}", deadline.generation + 1
        if armed is not None and (coming is None or coming.kind != armed.kind):
            await cancel_timers(tx, name)  # a later generation of the same kind takes the place by itself
        if coming is not None:
            due_at = coming.fires_at if case.replayed_until is None else max(coming.fires_at, case.replayed_until)
            await set_timer(tx, name, coming.kind, generation, due_at)
        deadlines.append(replace(deadline, generation=generation))
    return replace(case, deadlines=tuple(deadlines))
