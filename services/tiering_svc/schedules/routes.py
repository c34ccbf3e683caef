"""Schedules of runs: the document in versions, what is due next and what ran, for staff and for the operator."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.tiering_svc.core.dependencies import settings_of
from services.tiering_svc.schedules.domain.run_schedule import RunKind
from services.tiering_svc.schedules.handlers.overview import KindOverview, load_overview
from services.tiering_svc.schedules.repository import scheduled_runs
from services.tiering_svc.schedules.repository.rules import RUN_SCHEDULES
from services.tiering_svc.schedules.repository.scheduled_runs import ScheduledRun
from services.tiering_svc.schedules.schemas import (
    KindOfRunRead,
    RunSchedulesDocument,
    ScheduledRunRead,
    ScheduleOverviewRead,
)
from shared.chassis import Cursor, Limit, Page, Tx, allow, page_of, read_cursor, service_router, staff_only
from shared.jobs.http import JobRead, job_fields
from shared.messaging import Transaction
from shared.rule_sets import rule_set_routes

router = service_router(prefix="/v1/scheduled-runs", tags=["schedules"], dependencies=[staff_only])
internal_router: APIRouter = service_router(prefix="/internal/schedules", tags=["internal"])

rules = rule_set_routes(
    RUN_SCHEDULES,
    "/v1/run-schedules",
    RunSchedulesDocument,
    singular="run_schedules",
    tags=["schedules"],
    read="tiers:read",
    dependencies=[staff_only],
)

LINKS = {
    "review": "/v1/evaluations/{id}",
    "warning_sweep": "/v1/warnings/runs/{id}",
    "lifetime_values": "/v1/lifetime-value/runs/{id}",
}
OnlyKind = Annotated[RunKind | None, Query(description="only runs of this kind")]


@router.get("", dependencies=[allow("tiers:read")])
async def list_scheduled_runs(
    tx: Tx, kind: OnlyKind = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[ScheduledRunRead]:
    """What schedules requested, with what came of it; the last due first."""
    runs = await scheduled_runs.list_runs(tx, kind, read_cursor(cursor, datetime, str), limit + 1)
    return page_of([_scheduled_run(run) for run in runs], limit, lambda run: (run.due_at, run.kind))


@router.get("/overview", dependencies=[allow("tiers:read")])
async def show_schedule_overview(tx: Tx, request: Request) -> ScheduleOverviewRead:
    """Each kind of run: when it is due next by the schedules in force, how far behind it is, and its last runs."""
    return await _overview(tx, request)


@internal_router.get("", dependencies=[allow("ops", "internal")])
async def show_schedules_to_the_operator(tx: Tx, request: Request) -> ScheduleOverviewRead:
    """The same overview for the operator's command."""
    return await _overview(tx, request)


async def _overview(tx: Transaction, request: Request) -> ScheduleOverviewRead:
    overview = await load_overview(tx)
    return ScheduleOverviewRead(
        at=tx.at,
        time_zone=overview.zone,
        schedule_id=overview.version.id,
        schedule_version=overview.version.version,
        paused=not settings_of(request).run_schedules,
        kinds=[_kind(kind) for kind in overview.kinds],
    )


def _kind(kind: KindOverview) -> KindOfRunRead:
    return KindOfRunRead.model_validate(
        {
            "kind": kind.kind,
            "recurrence": kind.recurrence,
            "next_due_at": kind.next_due_at,
            "behind": kind.behind,
            "behind_since": kind.behind_since,
            "last": [_scheduled_run(run) for run in kind.last],
        }
    )


def _scheduled_run(run: ScheduledRun) -> ScheduledRunRead:
    return ScheduledRunRead.model_validate(
        {
            "kind": run.kind,
            "due_at": run.due_at,
            "as_of": run.as_of,
            "requested_at": run.requested_at,
            "schedule_version": run.schedule_version,
            "passed_over": run.passed_over,
            "refused": run.refused,
            "run": None if run.job is None else JobRead(**job_fields(run.job)),
            "result": run.result,
            "simulated_because": run.simulated_because,
            "link": _link(run),
        }
    )


def _link(run: ScheduledRun) -> str | None:
    """The path below the API where the run itself is shown; risks are shown with each key account."""
    if run.job is None:
        return None
    if run.kind == "assessment":
        return f"/v1/assessments?month={run.job.params['month']}"
    return LINKS[run.kind].format(id=run.job.id) if run.kind in LINKS else None
