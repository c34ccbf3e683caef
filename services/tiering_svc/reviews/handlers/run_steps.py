"""The steps of a review (T10) and of a simulation (T9), which is the same run without effect.

A run first settles what it knows: the facts recorded by `known_at`. It collects how far intake's streams are after that
instant and waits until this service has come so far. Then, for a policy of shares, everybody is measured; then all are
decided, batch by batch, in key order. What can be read without locks is prepared before the step.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from services.tiering_svc.customers import repository as customers
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository.groups import load_graded_together
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.abc import counted_population, cutoffs, cutoffs_as_data, measured_values
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.reviews.domain.phase import Phase, cursor
from services.tiering_svc.reviews.handlers import review_batches
from services.tiering_svc.reviews.handlers.review_batches import basis_of, decide_batch, screen_next_batch
from services.tiering_svc.reviews.handlers.reviews import why_only_simulated
from services.tiering_svc.reviews.repository import evaluations, screening
from services.tiering_svc.reviews.repository.evaluations import EvaluationRun
from services.tiering_svc.reviews.repository.screening import LAST
from shared.events import ReviewApplied
from shared.events.intake import TOPIC as INTAKE
from shared.jobs import Done, Job, JobContext, JobKind, Outcome, Wait
from shared.messaging import Transaction, announce
from shared.messaging.outbox.event_log import MAX_COMMIT_DURATION, PAGE_SIZE, is_anybody_open_since

VALUES = 5  # batches of measured customers read at once


async def prepare_run_step(context: JobContext, job: Job) -> Any:
    """What the next step needs that takes its time: intake's heads, all measured values, a screened batch."""
    phase = Phase.of(job.cursor)
    if phase.name in ("beginning", "catching_up", "measuring", "settling"):
        return None
    if phase.name == "deciding":
        return await screen_next_batch(context, job, phase.after_customer)
    run = await context.database.run(lambda tx: evaluations.load_run(tx, job.id))
    if phase.name == "collecting":
        return await _list_heads(context, run, phase)
    return await _list_values(context, run)


async def take_run_step(tx: Transaction, job: Job, prepared: Any) -> Outcome:
    """A step of a review or a simulation: what its phase does, and the next one."""
    phase = Phase.of(job.cursor)
    if phase.name == "deciding":
        return await _decide(tx, job, prepared)
    run = await evaluations.load_run(tx, job.id)
    match phase.name:
        case "beginning":  # later facts are for later runs; a run that had to wait for another one knows what that did
            await evaluations.save_known_at(tx, run.run_id, tx.at)
            return job.next(cursor("collecting"))
        case "collecting":
            return await _keep_heads(tx, job, phase, prepared)
        case "catching_up":
            return await _begin_when_caught_up(tx, job, run)
        case "measuring":
            return await _measure_batch(tx, job, run, phase)
        case "settling":
            return await _settle(tx, job, phase)
        case _:
            policy = await policies.load_policy(tx, run.policy_id, run.policy_version)
            cut = cutoffs_as_data(policy.with_cutoffs(cutoffs(policy, prepared), run.run_id))
            await evaluations.save_cutoffs(tx, run.run_id, cut, counted_population(policy, len(prepared)))
            return await _begin_to_decide(tx, job, run)


EVALUATION_RUNS = JobKind(take_run_step, prepare=prepare_run_step)


async def _list_heads(context: JobContext, run: EvaluationRun, phase: Phase) -> Any:
    """A page of where intake's streams stand. The first page says whether all that was known by then is committed."""
    assert run.known_at is not None  # it has begun
    query = {"after": phase.after or ""}
    if not phase.after:
        query["settled_by"] = run.known_at.isoformat()
    return await context.clients.get_json("gateway", f"/internal/streams/{INTAKE}/heads", query)


async def _keep_heads(tx: Transaction, job: Job, phase: Phase, page: Any) -> Outcome:
    if not page["settled"]:
        return Wait()
    keys, numbers = [head["key"] for head in page["heads"]], [head["seq"] for head in page["heads"]]
    await evaluations.add_heads(tx, job.id, INTAKE, keys, numbers)
    return job.next(cursor("catching_up") if len(keys) < PAGE_SIZE else cursor("collecting", keys[-1]))


async def _begin_when_caught_up(tx: Transaction, job: Job, run: EvaluationRun) -> Outcome:
    """Once this service has received what intake had accepted, the run measures its population (T5), or decides at
    once."""
    if await evaluations.count_heads_ahead(tx, run.run_id, INTAKE):
        return Wait()
    policy = (await policies.load_rules(tx)).active  # the one in force when it really begins
    if run.policy_requested:
        policy = await policies.load_policy(tx, run.policy_id, run.policy_version)
    because = run.simulated_because or await why_only_simulated(tx, run.as_of, policy.policy_id, policy.version)
    await evaluations.save_basis(tx, run.run_id, policy, because)
    total = await evaluations.estimate_customers(tx)
    if policy.shares:
        return job.next(cursor("measuring"), total=total)
    return await _begin_to_decide(tx, job, replace(run, simulated_because=because), total=total)


async def _begin_to_decide(tx: Transaction, job: Job, run: EvaluationRun, **progress: Any) -> Outcome:
    """From now on, until everybody is decided, whoever records a fact folds with this review in its place (T10)."""
    if run.simulated_because is not None:
        return job.next(cursor("deciding"), **progress)
    await evaluations.save_applying_since(tx, run.run_id)
    return job.next(cursor("settling"), **progress)


async def _settle(tx: Transaction, job: Job, phase: Phase) -> Outcome:
    """Nobody is decided while a transaction is open that may have begun before the review took effect: what it records
    is seen by one of the two. One that hangs is not waited for for ever."""
    now = await evaluations.find_database_time(tx)
    if phase.after is None:
        return job.next(cursor("settling", now.isoformat()))
    began = datetime.fromisoformat(phase.after)
    if now - began <= MAX_COMMIT_DURATION and await is_anybody_open_since(tx, began):
        return Wait()
    return job.next(cursor("deciding"))


async def _measure_batch(tx: Transaction, job: Job, run: EvaluationRun, phase: Phase) -> Outcome:
    """T5: what everybody has, by which the cut-offs are found."""
    request, _ = await basis_of(tx, run)
    after, policy = phase.after_customer, request.policy
    if screening.can_screen(policy):
        end = await screening.find_end(tx, after, review_batches.BATCH)
        values, individual = await screening.measure(tx, request, after, end)
    else:
        end = await screening.find_end(tx, after, review_batches.INDIVIDUAL)
        values, individual = [], await screening.list_batch(tx, after, end, request.as_of, request.known_at)
    values += await measure_individually(tx, policy, individual, request.as_of, request.known_at)
    await evaluations.add_values(tx, run.run_id, phase.after, values)
    return job.next(cursor("cutting") if end == LAST else cursor("measuring", end))


async def measure_individually(
    tx: Transaction, policy: Policy, individual: Sequence[UUID], as_of: datetime, known_at: datetime
) -> list[Decimal | None]:
    """What a population's shares are computed of, of these customers as of an instant, as known at another."""
    if not individual:
        return []
    measured = await load_graded_together(
        tx, requests_as_of(individual, as_of, policy.months), groups=False, classes=policy.classes, known_at=known_at
    )
    return await values_of(tx, policy, individual, measured, known_at)


async def values_of(
    tx: Transaction,
    policy: Policy,
    individual: Sequence[UUID],
    measured: Sequence[CustomerSnapshot],
    known_at: datetime,
) -> list[Decimal | None]:
    """The same of customers' snapshots, which are all of one instant."""
    with_file: frozenset[UUID] = frozenset()
    if policy.population == "all" and measured:
        with_file = await customers.list_with_file(tx, individual, measured[0].as_of, known_at)
    return measured_values(policy, dict(zip(individual, measured, strict=True)), with_file)


async def _list_values(context: JobContext, run: EvaluationRun) -> list[Decimal | None]:
    """Everybody is measured. Read in pages, so that no transaction is long."""
    values: list[Decimal | None] = []
    after: str | None = None
    read = partial(evaluations.list_values, run_id=run.run_id, limit=VALUES)
    while page := await context.database.run(partial(read, after=after)):
        values += [value for _, measured in page for value in measured]
        after = page[-1][0]
    return values


async def _decide(tx: Transaction, job: Job, prepared: review_batches.PreparedBatch) -> Outcome:
    run, customers = await decide_batch(tx, prepared)
    last = prepared.screened.end == LAST
    result = None if not last else "applied" if run.simulated_because is None else "simulated"
    await evaluations.save_outcomes(tx, run, result=result)
    if not last:
        return job.next(cursor("deciding", prepared.screened.end), done=customers)
    if result == "applied":
        announce(tx, [_event(run, job.done + customers)])
    else:
        await policies.record_simulated(tx, run.policy_id, run.policy_version, run.run_id, job.requested_by)
    return Done(customers)


def _event(run: EvaluationRun, customers: int) -> ReviewApplied:
    return ReviewApplied(
        run_id=run.run_id, as_of=run.as_of, policy_id=run.policy_id, policy_version=run.policy_version,
        customers=customers, up=run.applied.get("up", 0), down=run.applied.get("down", 0),
    )  # fmt: skip
