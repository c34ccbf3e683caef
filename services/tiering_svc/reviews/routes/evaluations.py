"""Reviews (T10): started as of a date; how far they are, and who moved."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request

from services.tiering_svc.core.dependencies import instant_or_now, settings_of
from services.tiering_svc.reviews.domain.phase import Phase
from services.tiering_svc.reviews.handlers.reviews import request_review
from services.tiering_svc.reviews.repository import evaluations
from services.tiering_svc.reviews.repository.evaluations import EvaluationRun
from services.tiering_svc.reviews.schemas.evaluations import EvaluationCreate, EvaluationRead, MoverRead, PopulationRead
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
from shared.chassis.http.instants import refuse_backdating
from shared.jobs.http import job_fields

router = service_router(prefix="/v1/evaluations", tags=["reviews"], dependencies=[staff_only])

ReviewOutcomeFilter = Annotated[Literal["placed", "up", "down", "grace"] | None, Query()]


@router.post("", status_code=202, dependencies=[allow("evaluations:run")])
async def start_review(request: Request, body: EvaluationCreate, tx: Tx, actor: CurrentActor) -> EvaluationRead:
    """Start a review: it waits until everything that intake had accepted by now is counted, then decides everybody."""
    as_of = instant_or_now(body.as_of, tx, "/as_of")
    known_at = None if body.known_at is None else instant_or_now(body.known_at, tx, "/known_at")
    if body.apply:
        allowed = timedelta(days=settings_of(request).backdating_days)
        refuse_backdating(as_of, tx.at, actor, allowed=allowed)
    policy = None if body.policy is None else (body.policy.id, body.policy.version)
    run = await request_review(tx, as_of, apply=body.apply, by=actor.subject, known_at=known_at, policy=policy)
    return run_read(run)


@router.get("", dependencies=[allow("tiers:read")])
async def list_reviews(tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[EvaluationRead]:
    """Reviews, newest first."""
    before = read_cursor(cursor, datetime, UUID)
    runs = await evaluations.list_runs(tx, "review", before, limit + 1)
    return page_of([run_read(run) for run in runs], limit, lambda run: (run.requested_at, run.id))


@router.get("/{run_id}", dependencies=[allow("tiers:read")])
async def show_review(run_id: Id, tx: Tx) -> EvaluationRead:
    """How far a review is, and what it decided."""
    return run_read(await evaluations.load_run(tx, run_id))


@router.get("/{run_id}/movers", dependencies=[allow("tiers:read")])
async def list_movers(
    run_id: Id,
    tx: Tx,
    actor: CurrentActor,
    outcome: ReviewOutcomeFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[MoverRead]:
    """Who went up or down, was placed for the first time, or is in its grace period."""
    await evaluations.load_run(tx, run_id)
    after = read_cursor(cursor, UUID)
    movers = await evaluations.list_movers(
        tx, run_id, outcome, after[0] if after else None, limit + 1, data_scope(tx, actor)
    )
    return page_of(
        [MoverRead.model_validate(mover, from_attributes=True) for mover in movers],
        limit,
        lambda mover: (mover.customer_id,),
    )


def run_read(run: EvaluationRun) -> EvaluationRead:
    """A review or a simulation as it is shown."""
    return EvaluationRead(
        **job_fields(run.job),
        kind=run.job.kind,
        as_of=run.as_of,
        known_at=run.known_at,
        phase=Phase.of(run.job.cursor).name,
        result=run.result,
        simulated_because=run.simulated_because,
        policy_id=run.policy_id,
        policy_version=run.policy_version,
        outcomes=run.outcomes,
        applied=run.applied,
        cutoffs=run.cutoffs,
        population=None if run.population is None else PopulationRead(**run.population),
    )
