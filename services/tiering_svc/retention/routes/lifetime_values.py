"""Expected lifetime value (T13): runs, what they found, the customers by value, and one customer's."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import instant_or_now
from services.tiering_svc.core.domain.numbers import plain
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.dependencies import VisibleCustomer
from services.tiering_svc.retention.domain.buyers import LifetimeValue
from services.tiering_svc.retention.handlers.lifetime_values import cancel_run, request_run
from services.tiering_svc.retention.repository import lifetime_values as lifetime
from services.tiering_svc.retention.repository.lifetime_values import ValueRun
from services.tiering_svc.retention.schemas.lifetime_values import (
    CustomerLifetimeValueRead,
    LifetimeParametersRead,
    LifetimeRunCreate,
    LifetimeRunRead,
    LifetimeValueRead,
)
from services.tiering_svc.retention.texts import FAILURES, Language, describe_lifetime_value
from shared.chassis import (
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    data_scope,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.audience import may_read
from shared.errors import not_found
from shared.jobs.http import job_fields

router = service_router(prefix="/v1/lifetime-value/runs", tags=["lifetime value"], dependencies=[staff_only])
of_customer = service_router(prefix="/v1/customers/{customer_id}", tags=["lifetime value"])

LanguageQuery = Annotated[Language, Query(alias="lang")]


@router.post("", status_code=202, dependencies=[allow("evaluations:run")])
async def start_lifetime_value_run(body: LifetimeRunCreate, tx: Tx, actor: CurrentActor) -> LifetimeRunRead:
    """Value everybody in the background: the models are fitted to all customers first. The run says how far it is."""
    as_of = instant_or_now(body.as_of, tx, "/as_of")
    known_at = instant_or_now(body.known_at, tx, "/known_at")
    discount = Decimal(body.discount_rate)
    return _run(await request_run(tx, as_of, known_at, body.horizon_months, discount, actor.subject))


@router.get("", dependencies=[allow("tiers:read")])
async def list_lifetime_value_runs(tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[LifetimeRunRead]:
    """Runs of lifetime values, newest first."""
    runs = await lifetime.list_runs(tx, read_cursor(cursor, datetime, UUID), limit + 1)
    return page_of([_run(run) for run in runs], limit, lambda run: (run.requested_at, run.id))


@router.get("/{run_id}", dependencies=[allow("tiers:read")])
async def show_lifetime_value_run(run_id: Id, tx: Tx) -> LifetimeRunRead:
    """How far a run of lifetime values is, and the parameters it found."""
    return _run(await lifetime.load_run(tx, run_id))


@router.post("/{run_id}/cancellation", dependencies=[allow("evaluations:run")])
async def cancel_lifetime_value_run(run_id: Id, tx: Tx, actor: CurrentActor) -> LifetimeRunRead:
    """Stop a run of lifetime values; what has been valued so far stays to be read."""
    return _run(await cancel_run(tx, run_id, actor.subject))


@router.get("/{run_id}/customers", dependencies=[allow("tiers:read")])
async def list_lifetime_values(
    run_id: Id, tx: Tx, actor: CurrentActor, cursor: Cursor = None, limit: Limit = 50
) -> Page[LifetimeValueRead]:
    """What a run expects of each customer, the most valuable first; those whose value is not known come last."""
    await lifetime.load_run(tx, run_id)
    values = await lifetime.list_values(
        tx, run_id, read_cursor(cursor, Decimal, UUID), limit + 1, data_scope(tx, actor)
    )
    shows_margin = may_read(actor, "margin")
    return page_of(
        [_value(value, shows_margin=shows_margin) for value in values],
        limit,
        lambda read: (Decimal(-1) if read.expected_revenue is None else read.expected_revenue, read.customer_id),
    )


@of_customer.get("/lifetime-value", dependencies=[allow("tiers:read")])
async def show_lifetime_value(
    customer_id: VisibleCustomer, tx: Tx, actor: CurrentActor, run_id: Id | None = None, language: LanguageQuery = "en"
) -> CustomerLifetimeValueRead:
    """What is expected of a customer, by the last finished run or by the one named."""
    run = await lifetime.find_last_finished(tx) if run_id is None else await lifetime.load_run(tx, run_id)
    value = None if run is None else await lifetime.find_value(tx, run.run_id, customer_id)
    if run is None or value is None:
        raise not_found("no_lifetime_value_yet", "No run has valued the customer: it had not bought by then.")
    business = await find_business(tx)
    shows_margin = may_read(actor, "margin")
    words = describe_lifetime_value(
        value, run.as_of, run.horizon_months, run.discount_rate, language, zone=business.zone,
        currency=business.currency, shows_margin=shows_margin,
    )  # fmt: skip
    return CustomerLifetimeValueRead(
        run_id=run.run_id,
        as_of=run.as_of,
        known_at=run.known_at,
        horizon_months=run.horizon_months,
        discount_rate=plain(run.discount_rate) or "0",
        value=_value(value, shows_margin=shows_margin),
        words=words,
    )


def _value(value: LifetimeValue, *, shows_margin: bool) -> LifetimeValueRead:
    buyer = value.buyer
    return LifetimeValueRead(
        customer_id=buyer.customer_id,
        repeat_purchases=buyer.frequency,
        days_to_last_purchase=buyer.recency_days,
        age_days=buyer.age_days,
        mean_value=buyer.mean_value,
        margin_rate=plain(buyer.margin_rate) if shows_margin else None,
        chance_alive=plain(value.chance_alive),
        expected_purchases=plain(value.expected_orders),
        expected_value=value.expected_value,
        expected_revenue=value.revenue,
        expected_margin=value.margin if shows_margin else None,
    )


def _run(run: ValueRun) -> LifetimeRunRead:
    return LifetimeRunRead(
        **job_fields(run.job),
        as_of=run.as_of,
        known_at=run.known_at,
        horizon_months=run.horizon_months,
        discount_rate=plain(run.discount_rate) or "0",
        phase="fitting" if run.parameters is None else "valuing",
        failure_words=None if run.job.error is None else FAILURES.get(run.job.error),
        expected_revenue=run.revenue,
        parameters=_parameters(run),
    )


def _parameters(run: ValueRun) -> LifetimeParametersRead | None:
    if run.parameters is None:
        return None
    facts = {"spend_log_likelihood": None, "correlation": None} | run.parameters["facts"]
    return LifetimeParametersRead.model_validate(
        facts | {"buying": run.parameters["buying"], "spend": run.parameters["spend"]}
    )
