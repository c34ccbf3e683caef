"""The timers of deadlines: how they are armed, and what firing one does (C3).

A deadline has one timer, for its next action only; whatever moves that action arms the next generation. A case that is
reported after the fact is saved step by step within seconds, so its timers wait a grace: it is judged by the instants
reported, not by how far the report has come. What has fired by then stays fired; no later fact of the past undoes it.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.elapsed_time import apply_elapsed_time
from services.complaint_svc.deadlines.domain.deadlines import Deadline, next_action
from services.complaint_svc.deadlines.handlers import load_terms
from services.complaint_svc.settings import business_settings
from shared.events import Event
from shared.messaging import Timer, Transaction, announce, cancel_timers_of, set_timers


async def when_most_of_the_time_is_used_warn(tx: Transaction, timers: Sequence[Timer]) -> Collection[Timer]:
    """Four fifths of the allowance, unless set otherwise."""
    return await _apply_elapsed_time(tx, timers)


async def when_deadlines_are_reached_record_breaches_and_escalate(
    tx: Transaction, timers: Sequence[Timer]
) -> Collection[Timer]:
    """The whole allowance is used and the due instant is over: the breach, and the first level of escalation."""
    return await _apply_elapsed_time(tx, timers)


async def when_breaches_are_ignored_escalate_to_the_next_level(
    tx: Transaction, timers: Sequence[Timer]
) -> Collection[Timer]:
    """Working time went by since the last level, and the stage still is not done."""
    return await _apply_elapsed_time(tx, timers)


async def _apply_elapsed_time(tx: Transaction, timers: Sequence[Timer]) -> Collection[Timer]:
    """Cases that somebody is working on right now are left alone: their timers come again in a moment."""
    timer_of = {UUID(timer.subject): timer for timer in timers}
    cases = await repository.load_free_cases(tx, timer_of)
    terms = await load_terms(tx, tx.at)
    decisions = []
    for case in cases:
        after, events = apply_elapsed_time(case, max(tx.at, timer_of.pop(case.id).due_at), terms)
        decisions.append(CaseDecision(case, after, events))
    await save_decisions(tx, decisions)
    return timer_of.values()


class CaseDecision(NamedTuple):
    """A case before and after a decision, and what is to be announced of it."""

    before: Case
    after: Case
    events: list[Event]


async def save_decision(
    tx: Transaction, before: Case, after: Case, events: list[Event], *, backdated: bool = False
) -> Case:
    """Arm what moved, save, announce. `backdated`: it was reported after the fact, so all that runs waits for more."""
    after = delay_timers(after, tx.at) if backdated else after
    [saved] = await save_decisions(tx, [CaseDecision(before, after, events)])
    return saved


async def save_decisions(tx: Transaction, decisions: Sequence[CaseDecision]) -> list[Case]:
    """Arm what moved in each case, save, announce. Returns the cases as they are saved, in that order."""
    changed = [d for d in decisions if d.after != d.before or d.events]
    armed = await arm_timers(tx, [(d.before.deadlines, d.after) for d in changed])
    await repository.save_cases(tx, armed)
    announce(tx, [event for decision in changed for event in decision.events])
    saved = {case.id: case for case in armed}
    return [saved.get(d.after.id, d.after) for d in decisions]


def delay_timers(case: Case, now: datetime) -> Case:
    """The timers of the case wait a grace from now on, so that its story can be reported to its end."""
    return replace(case, replayed_until=now + business_settings().replay_grace)


async def arm_timers(tx: Transaction, changes: Sequence[tuple[tuple[Deadline, ...], Case]]) -> list[Case]:
    """Each deadline whose next action is another one (or all, when the grace was prolonged) gets its timer anew.

    `changes` are the deadlines before and the case after. Returns the cases with the generations of their timers.
    """
    cancelled, timers, cases = list[str](), list[Timer](), []
    for before, case in changes:
        moved, obsolete, armed = next_timers(before, case, tx.at)
        cancelled += obsolete
        timers += armed
        cases.append(moved)
    await cancel_timers_of(tx, cancelled)
    await set_timers(tx, timers)
    return cases


def next_timers(before: tuple[Deadline, ...], case: Case, now: datetime) -> tuple[Case, list[str], list[Timer]]:
    """The case with the generations of its timers, the aggregates whose pending timers are obsolete, and the new
    timers. A later generation of the same kind takes the place by itself."""
    earlier_of = {(deadline.round, deadline.stage): deadline for deadline in before}
    delayed = case.replayed_until is not None and case.replayed_until > now
    deadlines, obsolete, timers = [], list[str](), list[Timer]()
    for deadline in case.deadlines:
        earlier = earlier_of.get((deadline.round, deadline.stage))
        coming, armed = next_action(deadline), None if earlier is None else next_action(earlier)
        if coming == armed and not (delayed and coming is not None):
            deadlines.append(deadline)
            continue
        name, generation = f"{case.id}/{deadline.round}/{deadline.stage}", deadline.generation + 1
        if armed is not None and (coming is None or coming.kind != armed.kind):
            obsolete.append(name)
        if coming is not None:
            due_at = coming.fires_at if case.replayed_until is None else max(coming.fires_at, case.replayed_until)
            timers.append(Timer(name, coming.kind, generation, due_at))
        deadlines.append(replace(deadline, generation=generation))
    return replace(case, deadlines=tuple(deadlines)), obsolete, timers
