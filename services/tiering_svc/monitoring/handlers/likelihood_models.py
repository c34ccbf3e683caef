"""The model of a loss, fitted anew each month to the operator's own history (T12).

It is fitted to month's ends whose outcome was known when the month began, of a sample of the customers; all of it is
prepared outside of the step's transaction, beside the event loop. Until there was enough, it is tried again each day.
"""

import asyncio
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from services.tiering_svc.core.domain.calendar import month_of, shift, start_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.monitoring.domain.back_test import LossDefinition, loss_samples
from services.tiering_svc.monitoring.domain.history import History
from services.tiering_svc.monitoring.domain.likelihood.forecast import HORIZON_MONTHS
from services.tiering_svc.monitoring.domain.likelihood.sample import LossSample
from services.tiering_svc.monitoring.domain.warning import SWEEP
from services.tiering_svc.monitoring.repository import back_tests, likelihood_models
from services.tiering_svc.monitoring.repository.likelihood_models import LIKELIHOOD_MODEL, LikelihoodModelVersion
from shared.jobs import Done, Job, JobContext, JobKind, Outcome, request_job_once
from shared.messaging import Transaction

if TYPE_CHECKING:
    from services.tiering_svc.monitoring.domain.likelihood.choice import ModelChoice

LOSS = LossDefinition(HORIZON_MONTHS, 3, Decimal(50))
MOST_CUSTOMERS = 5_000  # more would change the weights by less than the months differ
MOST_MONTHS = 24  # month's ends; older ones say little of today
PAGE = 200


async def request_when_due(tx: Transaction, context: JobContext) -> None:
    """A model for this month, unless there is one: at most one try a day."""
    await request_due_model(tx)


async def request_due_model(tx: Transaction) -> None:
    """The fit of this month, once a day until there was enough to fit; however many replicas ask."""
    zone = (await find_business(tx)).zone
    if await likelihood_models.is_model_due(tx, start_of(month_of(tx.at, zone), zone)):
        await request_job_once(tx, LIKELIHOOD_MODEL, f"day:{tx.at.astimezone(zone).date()}", by=SWEEP)


async def load_samples(context: JobContext, month: date, loss: LossDefinition) -> list[LossSample]:
    """What was known when a month began: of a sample of the customers, the month's ends whose outcome was over."""

    async def begin(tx: Transaction) -> tuple[ZoneInfo, list[UUID], date | None]:
        zone = (await find_business(tx)).zone
        customers = await likelihood_models.sample_customers(tx, MOST_CUSTOMERS)
        return zone, customers, await likelihood_models.find_first_month(tx, customers)

    zone, customers, first = await context.database.run(begin)
    last = shift(month, -loss.horizon_months)
    if first is None or first > last:
        return []
    first = max(shift(first, loss.baseline_months), shift(last, 1 - MOST_MONTHS))
    samples: list[LossSample] = []
    for start in range(0, len(customers), PAGE):
        page = customers[start : start + PAGE]

        async def read(tx: Transaction, page: list[UUID] = page) -> list[History]:
            return await back_tests.list_histories(tx, page, month, zone)

        histories = await context.database.run(read)
        samples += await asyncio.to_thread(loss_samples, histories, first, last, loss, zone)
    return samples


async def prepare_fit(context: JobContext, job: Job) -> "tuple[datetime, ModelChoice]":
    """The model for the month in which it was asked for, and the instant at which that month began."""

    zone = (await context.database.run(find_business)).zone
    month = month_of(job.requested_at, zone)
    samples = await load_samples(context, month, LOSS)
    return start_of(month, zone), await asyncio.to_thread(_choose, samples)


async def keep_fit(tx: Transaction, job: Job, prepared: "tuple[datetime, ModelChoice]") -> Outcome:
    """A version of the model; sweeps from now on use it."""
    as_of, choice = prepared
    await likelihood_models.add_model(
        tx,
        LikelihoodModelVersion(
            job.id, as_of, tx.at, choice.source, choice.because, choice.samples, choice.losses, choice.as_data()
        ),
    )
    return Done(choice.samples)


LIKELIHOOD_MODELS = JobKind(keep_fit, prepare=prepare_fit, when_due=request_when_due)


def _choose(samples: list[LossSample]) -> "ModelChoice":
    from services.tiering_svc.monitoring.domain.likelihood.choice import choose_model  # numpy and scipy are large

    return choose_model(samples)
