"""Reviews (T10): asked for by people, done in small steps that a crash can interrupt anywhere and nothing doubles.

A run first collects where intake's streams stood, waits until this service has come so far, then decides all customers
in chunks, in key order. Each step is one transaction with its own progress in it.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import structlog

from services.tiering_svc.domain.abc_classes import cutoffs, cutoffs_as_data
from services.tiering_svc.domain.policies import Policy
from services.tiering_svc.domain.reviews import MOVES, Reviewed, review
from services.tiering_svc.domain.tier_life import Rules, Standing, endings
from services.tiering_svc.repository import evaluations, facts, policies, standings
from services.tiering_svc.repository.evaluations import Mover, Run
from shared.events import ReviewApplied
from shared.events.intake import TOPIC as INTAKE
from shared.messaging import Database, Transaction, announce, new_id
from shared.messaging.streams import PAGE

log = structlog.get_logger(__name__)

CHUNK = 500
PAUSE_SECONDS = 0.2
Get = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]


class Parts(Protocol):
    """What the work on reviews needs of the running service."""

    database: Database

    @property
    def clients(self) -> Any: ...


async def request_review(tx: Transaction, as_of: datetime, *, apply: bool, by: str) -> Run:
    rules = await policies.load_rules(tx)
    because = None if apply else "not_asked_to_apply"
    last = await evaluations.find_last_applied(tx)
    if apply and last is not None and as_of < last:
        because = "before_the_last_review"  # history is closed: it only shows what would be
    run_id = new_id()
    await evaluations.add_run(tx, run_id, as_of, because, rules.active, by)
    return await evaluations.load_run(tx, run_id)


async def work_on_reviews(service: Parts, stop: asyncio.Event) -> None:
    """The loop of a running service. Several replicas may run it: a step belongs to who has locked the run."""
    while not stop.is_set():
        try:
            while await advance(service.database, service.clients.get_json) and not stop.is_set():
                pass
        except Exception as error:
            log.warning("review_step_failed", error=type(error).__name__)  # the next round tries it again
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PAUSE_SECONDS)


async def advance(database: Database, get: Get) -> bool:
    """One step of the oldest unfinished run. False: nothing to do now."""
    run = await database.run(evaluations.find_unfinished)
    if run is None:
        return False
    if run.status == "collecting":
        page = await get("gateway", f"/internal/streams/{INTAKE}/heads", {"after": run.heads_after})
        return await database.run(lambda tx: _keep_heads(tx, run, page["heads"]))
    if run.status == "waiting":
        return await database.run(lambda tx: _begin_when_marks_have_come_so_far(tx, run))
    return await database.run(lambda tx: _decide_a_chunk(tx, run))


async def _keep_heads(tx: Transaction, seen: Run, heads: list[dict[str, Any]]) -> bool:
    run = await evaluations.lock_run(tx, seen.run_id)
    if run is None or (run.status, run.heads_after) != (seen.status, seen.heads_after):
        return True  # another replica was here
    await evaluations.add_heads(
        tx, run.run_id, INTAKE, [head["key"] for head in heads], [head["seq"] for head in heads]
    )
    last = len(heads) < PAGE
    await evaluations.save_collected(tx, run.run_id, heads[-1]["key"] if heads else run.heads_after, last=last)
    return True


async def _begin_when_marks_have_come_so_far(tx: Transaction, seen: Run) -> bool:
    run = await evaluations.lock_run(tx, seen.run_id)
    if run is None or run.status != seen.status:
        return True
    if await evaluations.count_heads_ahead(tx, run.run_id, INTAKE):
        return False
    rules = await policies.load_rules(tx)  # the policy in force when it really begins
    policy, found = rules.active, None
    if policy.shares:
        plain = await policies.load_policy(tx, policy.policy_id, policy.version)
        values = await _values_of_everybody(tx, plain, run.as_of)
        found = cutoffs_as_data(plain.with_cutoffs(cutoffs(plain, values), run.run_id))
    last = await evaluations.find_last_applied(tx)
    because = run.simulated_because
    if because is None and last is not None and run.as_of < last:
        because = "before_the_last_review"
    await evaluations.save_begun(tx, run.run_id, policy, found, because)
    return True


async def _values_of_everybody(tx: Transaction, policy: Policy, as_of: datetime) -> list[Any]:
    values: list[Any] = []
    after: UUID | None = None
    while True:
        customers = await standings.list_customers(tx, after, 10 * CHUNK)
        if not customers:
            return values
        figures = await facts.list_figures(tx, customers, [as_of] * len(customers), [policy.months] * len(customers))
        values += [value for sums, month in figures if (value := policy.value_of(sums, month)) is not None]
        after = customers[-1]


async def _decide_a_chunk(tx: Transaction, seen: Run) -> bool:
    run = await evaluations.lock_run(tx, seen.run_id)
    if run is None or (run.status, run.cursor) != (seen.status, seen.cursor):
        return True
    policy = await policies.load_policy(tx, run.policy_id, run.policy_version)
    if run.cutoffs is not None:
        policy = evaluations.with_cutoffs(policy, run)
    business = await policies.find_business(tx)
    rules = Rules(policy, business.zone, new_id, run.as_of, {})
    chunk = await standings.load_chunk(tx, run.cursor, CHUNK)
    customers = [standing.customer_id for standing in chunk]
    figures = await facts.list_figures(tx, customers, [run.as_of] * len(chunk), [policy.months] * len(chunk))
    decided = [
        (standing, review(standing, sums, month, run.as_of, rules, run.run_id))
        for standing, (sums, month) in zip(chunk, figures, strict=True)
    ]
    if run.simulated_because is None:
        await _save(tx, decided)
    await evaluations.add_movers(tx, run.run_id, [_mover(policy, s, r) for s, r in decided if r.outcome in MOVES])
    outcomes = Counter(run.outcomes) + Counter(reviewed.outcome for _, reviewed in decided)
    await evaluations.save_progress(tx, run.run_id, customers[-1] if customers else run.cursor, len(chunk), outcomes)
    if len(chunk) < CHUNK:
        await _finish(tx, run, run.customers + len(chunk), outcomes)
    return True


async def _save(tx: Transaction, decided: list[tuple[Standing, Reviewed]]) -> None:
    await standings.save_standings(
        tx, [reviewed.standing for before, reviewed in decided if reviewed.standing is not before]
    )
    changes = [reviewed.change for _, reviewed in decided if reviewed.change is not None]
    ended = [
        e for before, reviewed in decided if reviewed.change is not None for e in endings(before, [reviewed.change])
    ]
    await standings.save_history(tx, changes, ended)
    announce(tx, [change.event(tx.at) for change in changes])


def _mover(policy: Policy, before: Standing, reviewed: Reviewed) -> Mover:
    graded = policy.levels[reviewed.graded].code
    return Mover(before.customer_id, reviewed.outcome, before.tier, reviewed.standing.tier or graded, graded)


async def _finish(tx: Transaction, run: Run, customers: int, outcomes: Mapping[str, int]) -> None:
    simulated = run.simulated_because is not None
    await evaluations.save_finished(tx, run.run_id, "simulated" if simulated else "applied")
    if not simulated:
        announce(
            tx,
            [
                ReviewApplied(
                    run_id=run.run_id,
                    as_of=run.as_of,
                    policy_id=run.policy_id,
                    policy_version=run.policy_version,
                    customers=customers,
                    up=outcomes.get("up", 0),
                    down=outcomes.get("down", 0),
                )
            ],
        )
