"""SQL of jobs: asked for, found, locked for a step, kept, cancelled. Nobody else writes the table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.errors import conflict, not_found
from shared.jobs.job import CANCELLED, DONE, FAILED, Done, Failed, Job, Outcome, Wait
from shared.messaging import Transaction, new_id

WAKE = "jobs"  # the name by which a transaction wakes the runner of its own process
TRIES = 5  # of a step that raises what does not pass by itself, with pauses of
RETRY_SECONDS = 1.0  # this, twice this, four times this ...
NAMES = tuple(field.name for field in fields(Job))
FIELDS = ", ".join(NAMES)


def job_columns(alias: str) -> str:
    """A job's columns in a select of a subject joined with it: `j.id as job_id, j.kind as job_kind, ...`."""
    return ", ".join(f"{alias}.{name} as job_{name}" for name in NAMES)


def job_of(row: Mapping[str, Any]) -> Job:
    """The job in a row that was selected with `job_columns`."""
    return Job(**{name: row[f"job_{name}"] for name in NAMES})


async def request_job(
    tx: Transaction, kind: str, params: Mapping[str, Any] | None = None, *, by: str, job_id: UUID | None = None,
    lane: str | None = None, total: int | None = None,
) -> Job:  # fmt: skip
    """Ask for a job; the runner of this process looks at it once the transaction is committed, the others soon.

    `lane`: jobs of a lane go one after another; by default all of a kind do. A job with a lane of its own (its id, a
    customer's) waits for nobody. `total` is how much there is to do, if it is known. `job_id` is given where a row of
    the subject carries it.
    """
    job = await _add(tx, kind, params, by, job_id, lane, total, once=None)
    assert job is not None
    return job


async def request_job_once(
    tx: Transaction, kind: str, once: str, params: Mapping[str, Any] | None = None, *, by: str,
    job_id: UUID | None = None, lane: str | None = None, total: int | None = None,
) -> Job | None:  # fmt: skip
    """Ask for a job that is wanted once (`daily:2026-11-28`, `after:<review>`), whoever asks for it and how often.

    None: a job of that kind and name is there already.
    """
    return await _add(tx, kind, params, by, job_id, lane, total, once=once)


async def _add(
    tx: Transaction, kind: str, params: Mapping[str, Any] | None, by: str, job_id: UUID | None, lane: str | None,
    total: int | None, *, once: str | None,
) -> Job | None:  # fmt: skip
    row = await tx.raw.fetchrow(
        f"""insert into job (id, kind, lane, once, params, total, requested_by, requested_at)
            values ($1, $2, $3, $4, $5::jsonb, $6, $7, $8)
            on conflict (kind, once) do nothing returning {FIELDS}""",
        job_id or new_id(), kind, lane or kind, once, _json(params or {}), total, by, tx.at,
    )  # fmt: skip
    if row is None:
        return None
    tx.wake(WAKE)
    return Job(**row)


def wake_jobs(tx: Transaction) -> None:
    """Once this is committed, the runner of this process looks at once: something may have become due (`when_due`)."""
    tx.wake(WAKE)


async def is_unfinished(tx: Transaction, kind: str) -> bool:
    """Whether a job of that kind is waiting or running: for what is asked for again and again."""
    unfinished: bool = await tx.raw.fetchval(
        "select exists (select from job where kind = $1 and finished_at is null)", kind
    )
    return unfinished


async def find_job(tx: Transaction, job_id: UUID) -> Job | None:
    row = await tx.raw.fetchrow(f"select {FIELDS} from job where id = $1", job_id)
    return None if row is None else Job(**row)


async def load_job(tx: Transaction, job_id: UUID, kind: str | None = None, *, lock: bool = False) -> Job:
    """The job, of that kind if one is given; `lock` waits until no step of it is under way."""
    row = await tx.raw.fetchrow(
        f"""select {FIELDS} from job where id = $1 and ($2::text is null or kind = $2)
            {"for update" if lock else ""}""",
        job_id, kind,
    )  # fmt: skip
    if row is None:
        raise not_found("run_not_found", "There is no such run.")
    return Job(**row)


async def list_jobs(tx: Transaction, kind: str, before: tuple[datetime, UUID] | None, limit: int) -> list[Job]:
    """Newest first, from after a (requested_at, id)."""
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from job
            where kind = $1 and ($2::timestamptz is null or (requested_at, id) < ($2, $3::uuid))
            order by requested_at desc, id desc limit $4""",
        kind, *(before or (None, None)), limit,
    )  # fmt: skip
    return [Job(**row) for row in rows]


async def list_jobs_of_all_kinds(
    tx: Transaction, status: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[Job]:
    """For operators: newest first, from after a (requested_at, id)."""
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from job
            where ($1::text is null or status = $1)
              and ($2::timestamptz is null or (requested_at, id) < ($2, $3::uuid))
            order by requested_at desc, id desc limit $4""",
        status, *(before or (None, None)), limit,
    )  # fmt: skip
    return [Job(**row) for row in rows]


async def cancel_job(tx: Transaction, job_id: UUID, *, by: str, kind: str | None = None) -> Job:
    """End a job that has not come to its end; what its steps have done so far stays."""
    job = await load_job(tx, job_id, kind, lock=True)
    if job.finished:
        raise conflict("already_finished", "The run has come to its end.", run_status=job.status)
    row = await tx.raw.fetchrow(
        f"update job set status = $2, finished_at = $3, cancelled_by = $4 where id = $1 returning {FIELDS}",
        job_id, CANCELLED, tx.at, by,
    )  # fmt: skip
    return Job(**_there(row))


async def retry_job(tx: Transaction, job_id: UUID, kind: str | None = None) -> Job:
    """Take a failed job up again, at its cursor."""
    job = await load_job(tx, job_id, kind, lock=True)
    if job.status != FAILED:
        raise conflict("not_failed", "Only a run that has failed can be taken up again.", run_status=job.status)
    row = await tx.raw.fetchrow(
        f"""update job set status = case when steps = 0 then 'waiting' else 'running' end, finished_at = null,
                tries = 0, retry_at = null, error = null
            where id = $1 returning {FIELDS}""",
        job_id,
    )
    tx.wake(WAKE)
    return Job(**_there(row))


# --- for the runner ------------------------------------------------------------------------------------------------

# The oldest of each lane, if its time has come and it does not stay with another process.
READY = f"""
select {FIELDS} from (
    select distinct on (lane) * from job where finished_at is null order by lane, requested_at, id
) oldest
where kind = any($1::text[]) and id <> all($2::uuid[])
  and (retry_at is null or retry_at <= clock_timestamp())
  and (worker is null or worker = $3 or worker_until <= clock_timestamp())
order by requested_at, id limit $4
"""


async def list_ready(
    tx: Transaction, kinds: Sequence[str], without: Sequence[UUID], worker: UUID, limit: int = 100
) -> list[Job]:
    return [Job(**row) for row in await tx.raw.fetch(READY, kinds, without, worker, limit)]


async def lock_job(tx: Transaction, seen: Job) -> Job | None:
    """The job as it was seen. None: another process is at it or was, or it has come to its end."""
    row = await tx.raw.fetchrow(
        f"""select {FIELDS} from job
            where id = $1 and steps = $2 and finished_at is null for update skip locked""",
        seen.id, seen.steps,
    )  # fmt: skip
    return None if row is None else Job(**row)


async def save_outcome(tx: Transaction, job: Job, outcome: Outcome, worker: UUID, hold_seconds: float) -> Job:
    """In the transaction of the step. The job is locked. Returns it as it is now."""
    if isinstance(outcome, Wait):
        return job
    after = outcome if isinstance(outcome, Job) else job
    done = job.done + outcome.done if isinstance(outcome, Done) else after.done
    status = DONE if isinstance(outcome, Done) else FAILED if isinstance(outcome, Failed) else "running"
    row = await tx.raw.fetchrow(
        f"""update job set cursor = $2::jsonb, done = $3, total = $4, status = $5, error = $6, steps = steps + 1,
                tries = 0, retry_at = null, worker = $7,
                worker_until = clock_timestamp() + make_interval(secs => $8),
                started_at = coalesce(started_at, $9),
                finished_at = case when $5 <> 'running' then $9::timestamptz end
            where id = $1 returning {FIELDS}""",
        job.id, None if after.cursor is None else _json(after.cursor), done, after.total, status,
        outcome.code if isinstance(outcome, Failed) else None, worker, hold_seconds, tx.at,
    )  # fmt: skip
    return Job(**_there(row))


async def save_failure(tx: Transaction, seen: Job, code: str) -> Job | None:
    """A step raised an error that will not pass by itself: another try later, at the last one the job has failed."""
    job = await lock_job(tx, seen)
    if job is None:
        return None
    row = await tx.raw.fetchrow(
        f"""update job set tries = tries + 1, error = $2,
                status = case when tries + 1 >= $3 then 'failed' else status end,
                finished_at = case when tries + 1 >= $3 then $4::timestamptz end,
                retry_at = clock_timestamp() + make_interval(secs => $5 * power(2, tries))
            where id = $1 returning {FIELDS}""",
        job.id, code, TRIES, tx.at, RETRY_SECONDS,
    )  # fmt: skip
    return Job(**_there(row))


def _json(value: Any) -> str:
    """Ids, days and instants go in as text (and come back as text)."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_text)


def _text(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"a job's parameters and cursor are JSON, without {type(value).__name__}")


def _there(row: Mapping[str, Any] | None) -> Mapping[str, Any]:
    assert row is not None  # it is locked
    return row
