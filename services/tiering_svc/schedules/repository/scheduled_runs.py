"""SQL of scheduled runs: claimed by kind and due instant, with their jobs, and listed with what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.schedules.domain.due_runs import DueRun
from services.tiering_svc.schedules.domain.run_schedule import KINDS
from shared.jobs import Job, job_columns, job_of
from shared.messaging import Transaction

NAMES = ("kind", "due_at", "as_of", "schedule_version", "passed_over", "requested_at", "refused")
COLUMNS = f"""{", ".join(f"s.{name}" for name in NAMES)}, {job_columns("j")}, e.result, e.simulated_because"""
JOINED = "left join job j on j.id = s.job_id left join evaluation_run e on e.run_id = s.job_id"


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """A run that a schedule requested. `job` is None where it was refused, with the code of why (`refused`).

    `result`, of a review that is over: applied, or simulated with why (`simulated_because`).
    """

    kind: str
    due_at: datetime
    as_of: datetime | None
    schedule_version: int
    passed_over: int
    requested_at: datetime
    refused: str | None
    job: Job | None
    result: str | None
    simulated_because: str | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """How many requested runs of a kind wait or run, and the due instant of the first of them."""

    runs: int
    first_due_at: datetime


async def find_last_due(tx: Transaction) -> dict[str, datetime]:
    """The last due instant of each kind that was seen to; without kinds that never were."""
    rows = await tx.raw.fetch(
        """select kind, last.due_at from unnest($1::text[]) as k(kind)
           join lateral (select s.due_at from scheduled_run s where s.kind = k.kind
                         order by s.due_at desc limit 1) last on true""",
        list(KINDS),
    )  # fmt: skip
    return {row["kind"]: row["due_at"] for row in rows}


async def claim_run(tx: Transaction, due: DueRun) -> bool:
    """Take it on to request this run. False: another process has done so; one that is doing so is waited for."""
    status = await tx.raw.execute(
        """insert into scheduled_run (kind, due_at, as_of, schedule_version, passed_over, requested_at)
           values ($1, $2, $3, $4, $5, $6) on conflict (kind, due_at) do nothing""",
        due.kind, due.due_at, due.as_of, due.version, due.passed_over, tx.at,
    )  # fmt: skip
    return status == "INSERT 0 1"


async def save_job(tx: Transaction, due: DueRun, job_id: UUID | None, refused: str | None) -> None:
    """The job of a run that was claimed in this transaction, or the code of why there is none."""
    await tx.raw.execute(
        "update scheduled_run set job_id = $3, refused = $4 where kind = $1 and due_at = $2",
        due.kind, due.due_at, job_id, refused,
    )  # fmt: skip


async def list_runs(
    tx: Transaction, kind: str | None, before: tuple[datetime, str] | None, limit: int
) -> list[ScheduledRun]:
    """Scheduled runs of a kind or of all, the last due first, from after a (due_at, kind)."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from scheduled_run s {JOINED}
            where ($1::text is null or s.kind = $1)
              and ($2::timestamptz is null or (s.due_at, s.kind) < ($2, $3::text))
            order by s.due_at desc, s.kind desc limit $4""",
        kind, *(before or (None, None)), limit,
    )  # fmt: skip
    return [_run(row) for row in rows]


async def list_last_runs(tx: Transaction, per_kind: int) -> list[ScheduledRun]:
    """The last runs of each kind, so many of each, the last due first."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from unnest($1::text[]) as k(kind)
            join lateral (select * from scheduled_run of_kind where of_kind.kind = k.kind
                          order by of_kind.due_at desc limit $2) s on true {JOINED}
            order by s.due_at desc""",
        list(KINDS), per_kind,
    )  # fmt: skip
    return [_run(row) for row in rows]


async def count_unfinished(tx: Transaction) -> dict[str, Unfinished]:
    """Of each kind, the requested runs that are not over; without kinds that have none."""
    rows = await tx.raw.fetch(
        """select s.kind, count(*) as runs, min(s.due_at) as first_due_at
           from scheduled_run s join job j on j.id = s.job_id where j.finished_at is null group by s.kind"""
    )
    return {row["kind"]: Unfinished(row["runs"], row["first_due_at"]) for row in rows}


def _run(row: Mapping[str, Any]) -> ScheduledRun:
    return ScheduledRun(
        **{name: row[name] for name in NAMES},
        job=None if row["job_id"] is None else job_of(row),
        result=row["result"],
        simulated_because=row["simulated_because"],
    )
