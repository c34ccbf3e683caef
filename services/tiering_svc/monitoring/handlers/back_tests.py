"""A warning rule tried on the operator's own history, batch by batch (T12)."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of, shift
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.repository import list_customers
from services.tiering_svc.monitoring.domain.back_test import LossDefinition, RulePerformance, measure_rules
from services.tiering_svc.monitoring.domain.detectors import Severity
from services.tiering_svc.monitoring.domain.likelihood.reliability import Reliability
from services.tiering_svc.monitoring.domain.likelihood.sample import LossSample
from services.tiering_svc.monitoring.domain.monthly_series import months_between
from services.tiering_svc.monitoring.handlers.likelihood_models import load_samples
from services.tiering_svc.monitoring.repository import back_tests, warning_rules
from services.tiering_svc.monitoring.repository.back_tests import WARNING_BACK_TEST, RuleBackTest
from services.tiering_svc.monitoring.repository.warning_rules import WARNING_RULES
from shared.errors import invalid
from shared.jobs import Done, Job, JobContext, JobKind, Outcome, cancel_job, request_job
from shared.messaging import Transaction
from shared.rule_sets import load_version

BATCH = 200
MOST_MONTHS = 60


async def request_back_test(
    tx: Transaction,
    rule_id: UUID,
    version: int | None,
    first: date,
    last: date,
    loss: LossDefinition,
    severity: Severity,
    by: str,
) -> RuleBackTest:
    """A back-test of a version of a rule (the newest, if None), which looks when each month from `first` to `last`
    began. Refused with 422 where the months are in the wrong order, too many, or their outcome is not known yet."""
    rule = await load_version(tx, WARNING_RULES, rule_id, version)
    business = await find_business(tx)
    _check(first, last, loss, month_of(tx.at, business.zone))
    job = await request_job(tx, WARNING_BACK_TEST, by=by)
    await back_tests.add_back_test(
        tx,
        RuleBackTest(
            job, rule_id, rule.version, first, last, severity, loss.horizon_months, loss.baseline_months, loss.fall,
            loss.least_baseline, {}, None, {},
        ),
    )  # fmt: skip
    return await back_tests.read_back_test(tx, rule_id, job.id)


async def cancel_back_test(tx: Transaction, rule_id: UUID, back_test_id: UUID, by: str) -> RuleBackTest:
    """A back-test stopped; what has been measured so far stays to be read."""
    await back_tests.read_back_test(tx, rule_id, back_test_id)
    await cancel_job(tx, back_test_id, by=by)
    return await back_tests.read_back_test(tx, rule_id, back_test_id)


def _check(first: date, last: date, loss: LossDefinition, this_month: date) -> None:
    if last < first:
        raise invalid("ends_before_it_begins", "`to` is not before `from`.", pointer="/to")
    if first < shift(last, 1 - MOST_MONTHS):
        raise invalid("too_long", f"At most {MOST_MONTHS} months.", pointer="/from")
    if shift(last, loss.horizon_months) > this_month:
        raise invalid("outcome_not_known_yet", "The months after `to` are not over yet.", pointer="/to")


Models = dict[str, dict[str, Any] | None]


async def prepare_models(context: JobContext, job: Job) -> Models | None:
    """Before the first batch, the models of the likelihood that could have been fitted when each month began; beside
    the event loop, and without locks."""
    back_test = await context.database.run(lambda tx: back_tests.load_back_test(tx, job.id))
    if back_test.models is not None:
        return None
    samples = await load_samples(context, back_test.last_month, back_test.loss)
    return await asyncio.to_thread(_fit_month_by_month, samples, back_test)


def _fit_month_by_month(samples: list[LossSample], back_test: RuleBackTest) -> Models:
    from services.tiering_svc.monitoring.domain.likelihood.fitting import fit_month_by_month  # numpy, scipy are large

    months = months_between(shift(back_test.first_month, -1), back_test.last_month)
    model_of = fit_month_by_month(samples, months, back_test.horizon_months)
    models = {month: model_of(month) for month in months}
    return {month.isoformat(): None if model is None else model.as_data() for month, model in models.items()}


async def measure_next_batch(tx: Transaction, job: Job, models: Models | None) -> Outcome:
    """A step of the job: the models kept, then the next customers added to what has been measured."""
    if models is not None:
        await back_tests.save_models(tx, job.id, models)
        return job.next(None)
    back_test = await back_tests.load_back_test(tx, job.id)
    customers = await list_customers(tx, None if job.cursor is None else UUID(job.cursor), BATCH)
    [rule] = await warning_rules.list_compiled(tx, [(back_test.rule_id, back_test.rule_version)])
    business = await find_business(tx)
    before = shift(back_test.last_month, back_test.horizon_months)
    histories = await back_tests.list_histories(tx, customers, before, business.zone)
    performance = RulePerformance.from_data(back_test.measured)
    reliability = Reliability.from_data(back_test.reliability)
    measure_rules(
        [rule], histories, back_test.first_month, back_test.last_month, back_test.loss, business.zone,
        into=[performance], severity=back_test.severity, models=back_test.model_of, reliability=reliability,
    )  # fmt: skip
    await back_tests.save_measured(tx, job.id, performance.as_data(), reliability.as_data())
    return Done(len(customers)) if len(customers) < BATCH else job.next(customers[-1], done=len(customers))


WARNING_BACK_TESTS = JobKind(measure_next_batch, prepare=prepare_models)
