"""Jobs over HTTP: the one shape of a run, and what operators may do with all of a service's jobs.

A subject's runs are at `/<subject>/runs`: `POST` asks for one (202 and the run), `GET` lists them newest first,
`GET /{id}` shows how far it is, `POST /{id}/cancellation` ends it (`cancel_job`). Its read is `JobRead` with what the
subject has besides:

    class ReviewRead(JobRead):
        as_of: datetime

    ReviewRead(**job_fields(job), as_of=review.as_of)
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from shared.chassis import Cursor, Id, Limit, Page, Read, Tx, allow, page_of, read_cursor, service_router
from shared.jobs.job import Job
from shared.jobs.store import list_jobs_of_all_kinds, retry_job

Status = Literal["waiting", "running", "done", "failed", "cancelled"]
Number = Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})]


class ProgressRead(Read):
    """How far a run is: `done` of about `total`."""

    done: Number
    total: Number | None = Field(description="null: not known")


class JobRead(Read):
    """A run: what has been asked for, by whom, and how far it is."""

    id: UUID
    status: Status
    progress: ProgressRead
    error: str | None = Field(description="the code of the failure that it ended with, or that is being tried again")
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancelled_by: str | None


def job_fields(job: Job) -> dict[str, Any]:
    """The fields of `JobRead`, for a subject's read that extends it."""
    return {
        "id": job.id,
        "status": job.status,
        "progress": ProgressRead(done=job.done, total=job.total),
        "error": job.error,
        "requested_by": job.requested_by,
        "requested_at": job.requested_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "cancelled_by": job.cancelled_by,
    }


class AnyJobRead(JobRead):
    """A job of whatever kind, as operators see it."""

    kind: str
    lane: str = Field(description="jobs of a lane are done one after another")
    tries: Number = Field(description="that failed since the last step")


internal_router = service_router(prefix="/internal/jobs", tags=["internal"])


@internal_router.get("", dependencies=[allow("ops", "internal")])
async def list_service_jobs(
    tx: Tx, status: Annotated[Status | None, Query()] = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[AnyJobRead]:
    """Newest first."""
    jobs = await list_jobs_of_all_kinds(tx, status, read_cursor(cursor, datetime, UUID), limit + 1)
    return page_of([_any_job(job) for job in jobs], limit, lambda job: (job.requested_at, job.id))


@internal_router.post("/{job_id}/retry", dependencies=[allow("ops", "internal")])
async def retry_failed_job(job_id: Id, tx: Tx) -> AnyJobRead:
    """A failed job goes on where its last step ended."""
    return _any_job(await retry_job(tx, job_id))


def _any_job(job: Job) -> AnyJobRead:
    return AnyJobRead(**job_fields(job), kind=job.kind, lane=job.lane, tries=job.tries)
