"""Runs of expected lifetime value (T13): the models are fitted to everybody, then everybody is valued batch by batch.

What is computed follows from the run's two times alone, so all of it is prepared without locks and outside of the
step's transaction, beside the event loop; numpy and scipy are imported when the first run needs them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.customers.repository import list_customers
from services.tiering_svc.retention.domain.buyers import Buyer, LifetimeValue
from services.tiering_svc.retention.repository import buyers, lifetime_values
from services.tiering_svc.retention.repository.lifetime_values import LIFETIME_VALUES, ValueRun
from shared.jobs import Done, Failed, Job, JobContext, JobKind, Outcome, cancel_job, request_job
from shared.messaging import Transaction

BATCH = 500


async def request_run(
    tx: Transaction, as_of: datetime, known_at: datetime, horizon_months: int, discount_rate: Decimal, by: str
) -> ValueRun:
    """A run over everybody who had bought by `as_of`, by the facts recorded by `known_at`."""
    job = await request_job(tx, LIFETIME_VALUES, by=by)
    await lifetime_values.add_run(tx, job, as_of, known_at, horizon_months, discount_rate)
    return await lifetime_values.load_run(tx, job.id)


async def cancel_run(tx: Transaction, run_id: UUID, by: str) -> ValueRun:
    """What has been valued so far stays to be read, but is no finished run's."""
    await cancel_job(tx, run_id, by=by, kind=LIFETIME_VALUES)
    return await lifetime_values.load_run(tx, run_id)


@dataclass(frozen=True, slots=True)
class FitOutcome:
    """The parameters that the models found in so many buyers' purchases, or the code of why they did not."""

    customers: int
    parameters: dict[str, Any] | None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class ValuedBatch:
    """A batch of customers, and what those of them who had bought are worth."""

    customers: Sequence[UUID]
    values: Sequence[LifetimeValue]


async def prepare_value_step(context: JobContext, job: Job) -> FitOutcome | ValuedBatch:
    """The models fitted to everybody, while the run has no parameters; then the next customers valued by them."""
    run = await context.database.run(lambda tx: lifetime_values.load_run(tx, job.id))
    if run.parameters is None:
        everybody = await context.database.run(lambda tx: buyers.list_buyers(tx, run.as_of, run.known_at))
        return await asyncio.to_thread(_fit, everybody)

    async def read(tx: Transaction) -> tuple[list[UUID], list[Buyer]]:
        after = None if job.cursor is None else UUID(job.cursor)
        customers = await list_customers(tx, after, BATCH)
        return customers, await buyers.list_buyers(tx, run.as_of, run.known_at, customers)

    customers, bought = await context.database.run(read)
    return ValuedBatch(customers, await asyncio.to_thread(_value, run, bought))


async def take_value_step(tx: Transaction, job: Job, prepared: FitOutcome | ValuedBatch) -> Outcome:
    """Keep what was prepared: the parameters, or a batch of values."""
    if isinstance(prepared, FitOutcome):
        if prepared.parameters is None:
            return Failed(prepared.failure or "no_maximum")
        await lifetime_values.save_parameters(tx, job.id, prepared.parameters)
        return job.next(None, total=prepared.customers)
    await lifetime_values.add_values(tx, job.id, prepared.values)
    valued = len(prepared.values)
    return Done(valued) if len(prepared.customers) < BATCH else job.next(prepared.customers[-1], done=valued)


LIFETIME_VALUE_RUNS = JobKind(take_value_step, prepare=prepare_value_step)


def _fit(everybody: Sequence[Buyer]) -> FitOutcome:
    from services.tiering_svc.retention.domain.lifetime_value import NotFitted, fit_models, models_as_data

    try:
        return FitOutcome(len(everybody), models_as_data(fit_models(everybody)))
    except NotFitted as failure:
        return FitOutcome(len(everybody), None, failure.code)


def _value(run: ValueRun, bought: Sequence[Buyer]) -> list[LifetimeValue]:
    from services.tiering_svc.retention.domain.lifetime_value import models_from_data, value_buyers

    assert run.parameters is not None
    return value_buyers(models_from_data(run.parameters), bought, run.horizon_months, run.discount_rate)
