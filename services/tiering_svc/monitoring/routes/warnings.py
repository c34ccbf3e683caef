"""Early warnings (T12): what they are, what was done about them, and the sweeps that raise and close them."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from services.tiering_svc.core.dependencies import AsOf, instant_or_now, settings_of
from services.tiering_svc.customers.domain import manager_at, responsible_for, responsible_periods
from services.tiering_svc.customers.repository import list_absences, list_assignments, list_deputies
from services.tiering_svc.monitoring.dependencies import CustomerIds, FilteredWarnings, WarningIds
from services.tiering_svc.monitoring.handlers import warnings as handlers
from services.tiering_svc.monitoring.handlers.sweeps import cancel_run, request_run
from services.tiering_svc.monitoring.repository import sweeps, warnings
from services.tiering_svc.monitoring.repository.sweeps import Sweep
from services.tiering_svc.monitoring.repository.warning_lists import ListedWarning, load_listed
from services.tiering_svc.monitoring.repository.warning_lists import (
    list_customers_at_risk as find_customers_at_risk,
)
from services.tiering_svc.monitoring.repository.warning_lists import list_warnings as list_filtered
from services.tiering_svc.monitoring.routes.warning_reads import (
    change_read,
    customer_at_risk,
    load_words,
    responsible_fields,
    warning_fields,
)
from services.tiering_svc.monitoring.schemas.warnings import (
    ClosingCreate,
    CustomerAtRiskRead,
    ResponsiblePeriodRead,
    ResponsibleThenRead,
    WarningHistoryRead,
    WarningRead,
    WarningRunCreate,
    WarningRunRead,
    WarningStepCreate,
)
from shared.chassis import (
    Code,
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    page_of,
    read_cursor,
    service_router,
    staff_only,
    visible_thing_in_path,
)
from shared.chassis.http.instants import refuse_backdating
from shared.jobs.http import job_fields
from shared.messaging import Transaction

visible_warning = visible_thing_in_path(
    "warning_id", warnings.find_customer_of_warning, "warning_not_found", "There is no such warning."
)
router = service_router(prefix="/v1", tags=["warnings"], dependencies=[staff_only, visible_warning])

SubjectKindFilter = Annotated[Code | None, Query(description="what it is about: customer, class, product_line")]
DimensionFilter = Annotated[Code | None, Query(description="by what its class is made, as tier, region, category")]
SubjectFilter = Annotated[Code | None, Query(description="which class: the code of the tier, of the region …")]


@router.post("/warnings/runs", status_code=202, dependencies=[allow("evaluations:run")])
async def start_warning_run(request: Request, body: WarningRunCreate, tx: Tx, actor: CurrentActor) -> WarningRunRead:
    """Try all warning rules in force on everybody, as of an instant.

    Each applied review is followed by such a sweep, and there is one a day.
    """
    as_of = instant_or_now(body.as_of, tx, "/as_of")
    refuse_backdating(as_of, tx.at, actor, allowed=timedelta(days=settings_of(request).backdating_days))
    return _run(await request_run(tx, as_of, actor.subject))


@router.get("/warnings/runs", dependencies=[allow("tiers:read")])
async def list_warning_runs(
    tx: Tx, evaluation: Id | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[WarningRunRead]:
    """Sweeps over all customers, newest first. `evaluation`: the one that followed this review."""
    before = read_cursor(cursor, datetime, UUID)
    runs = await sweeps.list_runs(tx, evaluation, before, limit + 1)
    return page_of([_run(run) for run in runs], limit, lambda run: (run.requested_at, run.id))


@router.get("/warnings/runs/{run_id}", dependencies=[allow("tiers:read")])
async def show_warning_run(run_id: Id, tx: Tx) -> WarningRunRead:
    """How far a sweep over all customers is, and what it raised."""
    return _run(await sweeps.load_run(tx, run_id))


@router.post("/warnings/runs/{run_id}/cancellation", dependencies=[allow("evaluations:run")])
async def cancel_warning_run(run_id: Id, tx: Tx, actor: CurrentActor) -> WarningRunRead:
    """Stop a sweep that is waiting or running."""
    return _run(await cancel_run(tx, run_id, actor.subject))


@router.get("/warnings", dependencies=[allow("tiers:read")])
async def list_warnings(
    tx: Tx,
    filtered: FilteredWarnings,
    ids: WarningIds = None,
    customer_id: Id | None = None,
    subject_kind: SubjectKindFilter = None,
    dimension: DimensionFilter = None,
    subject: SubjectFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[WarningRead]:
    """Early warnings, the highest expected loss first. `state=not_closed`: whatever still wants attention."""
    wanted = replace(
        filtered, ids=ids, customer_ids=None if customer_id is None else [customer_id], subject_kind=subject_kind,
        dimension=dimension, subject_code=subject,
    )  # fmt: skip
    listed = await list_filtered(tx, wanted, read_cursor(cursor, Decimal, UUID), limit + 1)
    words = await load_words(tx, listed)
    return page_of([WarningRead(**warning_fields(item, words)) for item in listed], limit, place_in_list)


@router.get("/warnings/customers", dependencies=[allow("tiers:read")])
async def list_customers_at_risk(
    tx: Tx, filtered: FilteredWarnings, ids: CustomerIds = None, cursor: Cursor = None, limit: Limit = 20
) -> Page[CustomerAtRiskRead]:
    """Customers about to leave, the highest expected loss first: how likely it is, what is at stake, why, and whose
    they are. Of warnings that are not closed, unless `state` says so."""
    wanted = replace(filtered, customer_ids=ids, state=filtered.state or "not_closed")
    customers = await find_customers_at_risk(tx, wanted, read_cursor(cursor, Decimal, UUID), limit + 1)
    words = await load_words(tx, [item for listed in customers for item in listed])
    return page_of([customer_at_risk(listed, words) for listed in customers], limit, place_at_risk)


@router.get("/warnings/{warning_id}", dependencies=[allow("tiers:read")])
async def show_warning(warning_id: Id, tx: Tx) -> WarningHistoryRead:
    """A warning with everything that was done about it, by whom and when, and who was responsible meanwhile."""
    return await _with_history(tx, warning_id)


@router.get("/warnings/{warning_id}/responsible", dependencies=[allow("tiers:read")])
async def show_responsible(warning_id: Id, tx: Tx, as_of: AsOf = None) -> ResponsibleThenRead:
    """Who is responsible for the customer of a warning, now or at a past instant: the manager, or the deputy."""
    instant = instant_or_now(as_of, tx, "/as_of")
    listed = await load_listed(tx, warning_id)
    manager = listed.manager
    if listed.warning.customer_id is not None:
        manager = manager_at(await list_assignments(tx, listed.warning.customer_id), instant)
    responsible = responsible_for(manager, await list_deputies(tx, instant))
    return ResponsibleThenRead(as_of=instant, **responsible_fields(responsible))


@router.post("/warnings/{warning_id}/acknowledgement", dependencies=[allow("customers:write")])
async def acknowledge_warning(warning_id: Id, tx: Tx, actor: CurrentActor) -> WarningHistoryRead:
    """Say that a warning was seen."""
    await handlers.acknowledge_warning(tx, warning_id, actor.subject)
    return await _with_history(tx, warning_id)


@router.post("/warnings/{warning_id}/steps", status_code=201, dependencies=[allow("customers:write")])
async def take_a_step(warning_id: Id, body: WarningStepCreate, tx: Tx, actor: CurrentActor) -> WarningHistoryRead:
    """Record what was done about a warning."""
    await handlers.take_a_step(tx, warning_id, body.step, body.note, actor.subject)
    return await _with_history(tx, warning_id)


@router.post("/warnings/{warning_id}/closing", dependencies=[allow("customers:write")])
async def close_warning(warning_id: Id, body: ClosingCreate, tx: Tx, actor: CurrentActor) -> WarningHistoryRead:
    """Close a warning with a reason. While its cause lasts, another one is raised only when it gets worse."""
    await handlers.close_warning(tx, warning_id, body.reason, body.note, actor.subject)
    return await _with_history(tx, warning_id)


async def _with_history(tx: Transaction, warning_id: UUID) -> WarningHistoryRead:
    listed = await load_listed(tx, warning_id)
    words = await load_words(tx, [listed])
    changes = await warnings.list_changes(tx, warning_id)
    return WarningHistoryRead(
        **warning_fields(listed, words),
        changes=[change_read(change, listed.warning, words.currency) for change in changes],
        responsible=await _responsible_since(tx, listed),
    )


async def _responsible_since(tx: Transaction, listed: ListedWarning) -> list[ResponsiblePeriodRead]:
    """Who was responsible for the customer from the raising to the closing, or to now."""
    warning = listed.warning
    if warning.customer_id is None:
        return []
    periods = responsible_periods(
        await list_assignments(tx, warning.customer_id), await list_absences(tx), warning.raised_at,
        warning.closed_at or tx.at,
    )  # fmt: skip
    return [
        ResponsiblePeriodRead(since=period.since, until=period.until, **responsible_fields(period.responsible))
        for period in periods
    ]


def place_at_risk(customer: CustomerAtRiskRead) -> tuple[Decimal, UUID]:
    """Where a customer stands in the list of those at risk, for the cursor of the next page."""
    return Decimal(-1) if customer.expected_loss is None else Decimal(customer.expected_loss), customer.customer_id


def place_in_list(warning: WarningRead) -> tuple[Decimal, UUID]:
    """Where a warning stands in the list, for the cursor of the next page."""
    return Decimal(-1) if warning.expected_loss is None else Decimal(warning.expected_loss), warning.id


def _run(run: Sweep) -> WarningRunRead:
    return WarningRunRead(
        **job_fields(run.job),
        as_of=run.as_of,
        because=run.because,
        evaluation_id=run.evaluation_id,
        outcomes=run.outcomes,
    )
