"""Reviews (T10): asked for by people, done in small steps that a crash can interrupt anywhere and nothing doubles.

A run, a simulation (T9) likewise, first settles what it knows: the facts recorded by `known_at`. It collects where
intake's streams stood after that instant and waits until this service has come so far. Then, for a policy of shares,
everybody is measured; then all are decided, stretch by stretch, in key order. Each step is one transaction with its own
progress in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from services.tiering_svc.core.handlers.background import REVIEWS, SIMULATIONS, WARNINGS, Parts, work
from services.tiering_svc.indicators.domain.snapshot import requests_as_of
from services.tiering_svc.indicators.repository import snapshots
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.abc import cutoffs, cutoffs_as_data
from services.tiering_svc.reviews.handlers import review_batches as deciding
from services.tiering_svc.reviews.handlers.review_batches import BatchSizer, basis_of, decide_batch, next_batch
from services.tiering_svc.reviews.repository import evaluations, screening
from services.tiering_svc.reviews.repository.evaluations import Run
from services.tiering_svc.reviews.repository.screening import LAST, Screened
from shared.events import ReviewApplied
from shared.events.intake import TOPIC as INTAKE
from shared.messaging import Database, Transaction, announce, new_id
from shared.messaging.outbox.event_log import PAGE_SIZE

VALUES = 5  # stretches of measured customers read at once
Get = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]


async def request_review(
    tx: Transaction, as_of: datetime, *, apply: bool, by: str, known_at: datetime | None = None,
    policy: tuple[UUID, int] | None = None,
) -> Run:  # fmt: skip
    chosen = (await policies.load_rules(tx)).active if policy is None else await policies.load_policy(tx, *policy)
    run_id = new_id()
    because = "not_asked_to_apply" if not apply else await _why_not(tx, as_of, chosen.policy_id, chosen.version)
    await evaluations.add_run(
        tx, run_id, "review", as_of, chosen, by,
        known_at=known_at, simulated_because=because, policy_asked=policy is not None,
    )  # fmt: skip
    tx.wake(REVIEWS)
    return await evaluations.load_run(tx, run_id)


async def _why_not(tx: Transaction, as_of: datetime, policy_id: UUID, version: int) -> str | None:
    """Why a run only shows what would be: history is closed, or the policy is not in force."""
    active = (await policies.load_rules(tx)).active
    if (active.policy_id, active.version) != (policy_id, version):
        return "policy_not_in_force"
    last = await evaluations.find_last_applied(tx)
    return "before_the_last_review" if last is not None and as_of < last else None


async def work_on_reviews(service: Parts, stop: asyncio.Event) -> None:
    pace = BatchSizer()
    await work(REVIEWS, lambda: advance(service.database, service.clients.get_json, pace=pace), service, stop)


async def work_on_simulations(service: Parts, stop: asyncio.Event) -> None:
    """Beside the reviews: neither waits for the other."""
    pace, get = BatchSizer(), service.clients.get_json
    await work(SIMULATIONS, lambda: advance(service.database, get, "simulation", pace), service, stop)


async def advance(database: Database, get: Get, kind: str = "review", pace: BatchSizer | None = None) -> bool:
    """One step of the oldest unfinished run. False: nothing to do now."""
    pace = pace or BatchSizer()
    run = pace.seen or await database.run(lambda tx: evaluations.find_unfinished(tx, kind))
    if run is None:
        return False
    if run.status == "collecting":
        known_at = await database.run(lambda tx: _fix_what_is_known(tx, run))
        if known_at is None:
            return True
        asked = {"after": run.heads_after}
        if not run.heads_after:  # the first page: what is settled then stays so
            asked["settled_by"] = known_at.isoformat()
        page = await get("gateway", f"/internal/streams/{INTAKE}/heads", asked)
        if not page["settled"]:
            return False
        return await database.run(lambda tx: _keep_heads(tx, run, page["heads"]))
    if run.status == "waiting":
        return await database.run(lambda tx: _begin_when_marks_have_come_so_far(tx, run))
    if run.status == "measuring":
        if run.cursor == LAST:
            return await _cut(database, run)
        return await database.run(lambda tx: _measure_a_stretch(tx, run))
    found = await next_batch(database, run, pace)
    pace.seen = await database.run(lambda tx: _decide(tx, run, found, pace))
    return True


async def _fix_what_is_known(tx: Transaction, seen: Run) -> datetime | None:
    """It begins now: later facts are for later runs. (A run that had to wait for another one knows what that did.)"""
    if seen.known_at is not None:
        return seen.known_at
    run = await evaluations.lock_run(tx, seen.run_id)
    if run is None or run.known_at is not None:
        return None  # another replica was here
    await evaluations.save_known_at(tx, run.run_id, tx.at)
    return tx.at


async def _keep_heads(tx: Transaction, seen: Run, heads: list[dict[str, Any]]) -> bool:
    run = await evaluations.lock_run(tx, seen.run_id)
    if run is None or (run.status, run.heads_after) != (seen.status, seen.heads_after):
        return True  # another replica was here
    await evaluations.add_heads(
        tx, run.run_id, INTAKE, [head["key"] for head in heads], [head["seq"] for head in heads]
    )
    last = len(heads) < PAGE_SIZE
    await evaluations.save_collected(tx, run.run_id, heads[-1]["key"] if heads else run.heads_after, last=last)
    return True


async def _begin_when_marks_have_come_so_far(tx: Transaction, seen: Run) -> bool:
    run = await evaluations.lock_run(tx, seen.run_id)
    if run is None or run.status != seen.status:
        return True
    if await evaluations.count_heads_ahead(tx, run.run_id, INTAKE):
        return False
    policy = (await policies.load_rules(tx)).active  # the one in force when it really begins
    if run.policy_asked:
        policy = await policies.load_policy(tx, run.policy_id, run.policy_version)
    because = run.simulated_because or await _why_not(tx, run.as_of, policy.policy_id, policy.version)
    await evaluations.save_begun(tx, run.run_id, policy, because)
    return True


async def _measure_a_stretch(tx: Transaction, seen: Run) -> bool:
    """T5: what everybody has, by which the cut-offs are found."""
    run = await evaluations.lock_run(tx, seen.run_id)
    if run is None or (run.status, run.cursor) != (seen.status, seen.cursor):
        return True
    asked, _ = await basis_of(tx, run)
    if screening.is_quick(asked.policy):
        end = await screening.find_end(tx, run.cursor, deciding.BATCH)
        values, singly = await screening.measure(tx, asked, run.cursor, end)
    else:
        end = await screening.find_end(tx, run.cursor, deciding.INDIVIDUAL)
        values, singly = [], await screening.list_batch(tx, run.cursor, end)
    if singly:
        found = await snapshots.load_snapshots(
            tx, requests_as_of(singly, asked.as_of, asked.policy.months), classes=asked.policy.classes,
            known_at=asked.known_at,
        )  # fmt: skip
        values += [Decimal(value) for snapshot in found if (value := asked.policy.measure(snapshot)) is not None]
    await evaluations.add_values(tx, run.run_id, run.cursor, values, end)
    return True


async def _cut(database: Database, run: Run) -> bool:
    """Everybody is measured: where each class begins (T5). Read in parts, so that no transaction is long."""
    values: list[Decimal] = []
    after: str | None = None
    while page := await database.run(partial(evaluations.list_values, run_id=run.run_id, after=after, limit=VALUES)):
        values += [value for _, part in page for value in part]
        after = page[-1][0]
    return await database.run(lambda tx: _save_cutoffs(tx, run, values))


async def _save_cutoffs(tx: Transaction, seen: Run, values: list[Decimal]) -> bool:
    run = await evaluations.lock_run(tx, seen.run_id)
    if run is not None and run.status == "measuring" and run.cursor == LAST:
        policy = await policies.load_policy(tx, run.policy_id, run.policy_version)
        found = cutoffs_as_data(policy.with_cutoffs(cutoffs(policy, values), run.run_id))
        await evaluations.save_cutoffs(tx, run.run_id, found)
    return True


async def _decide(tx: Transaction, seen: Run, found: Screened, pace: BatchSizer) -> Run | None:
    """Returns the run to go on with. None: look again which one is unfinished."""
    run = await evaluations.lock_run(tx, seen.run_id)
    if run is None or (run.status, run.cursor) != (seen.status, seen.cursor):
        return None
    run = await decide_batch(tx, run, found, pace)
    if found.end != LAST:
        return run
    simulated = run.simulated_because is not None
    await evaluations.save_finished(tx, run.run_id, "simulated" if simulated else "applied")
    if simulated:
        await policies.record_simulated(tx, run.policy_id, run.policy_version, run.run_id, run.requested_by)
    else:
        announce(tx, [_event(run)])
        tx.wake(WARNINGS)
    return None


def _event(run: Run) -> ReviewApplied:
    return ReviewApplied(
        run_id=run.run_id, as_of=run.as_of, policy_id=run.policy_id, policy_version=run.policy_version,
        customers=run.customers, up=run.applied.get("up", 0), down=run.applied.get("down", 0),
    )  # fmt: skip
