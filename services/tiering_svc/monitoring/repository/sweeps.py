"""SQL of sweeps (T12): requested, or following a review, or due by schedule; and what came of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.monitoring.tables.warnings import warning_run
from shared.errors import not_found
from shared.jobs import Job, job_columns, job_of
from shared.messaging import Transaction
from shared.sql import insert_many

WARNING_SWEEP = "warning_sweep"  # the kind of job

NAMES = ("as_of", "because", "evaluation_id", "rules", "setting", "outcomes", "stages")
SELECT = f"""select {", ".join(f"r.{name}" for name in NAMES)}, {job_columns("j")}
from warning_run r join job j on j.id = r.run_id"""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Every rule in force tried on everybody, as of a day; and the job that says how far it is."""

    job: Job
    as_of: datetime
    because: str
    evaluation_id: UUID | None
    rules: list[list[Any]] | None  # ids and versions
    setting: dict[str, Any] | None
    outcomes: dict[str, int]
    stages: dict[str, int]

    @property
    def run_id(self) -> UUID:
        """The job's id."""
        return self.job.id


async def add_run(tx: Transaction, job: Job, as_of: datetime, because: str, evaluation_id: UUID | None = None) -> None:
    """A sweep that waits. `because`: `review` (of which one), `schedule`, or `request`."""
    row = {"run_id": job.id, "as_of": as_of, "because": because, "evaluation_id": evaluation_id}
    await insert_many(tx, warning_run, [row])


async def list_reviews_to_follow(tx: Transaction) -> list[tuple[UUID, datetime]]:
    """Applied reviews that no sweep has followed, unless a later day has been swept: their ids and dates."""
    rows = await tx.raw.fetch(
        """select e.run_id, e.as_of from evaluation_run e
           where e.result = 'applied' and not exists (select from warning_run w where w.evaluation_id = e.run_id)
             and e.as_of >= coalesce((select max(as_of) from warning_run), '-infinity')
           order by e.as_of, e.decided_at"""
    )
    return [(row["run_id"], row["as_of"]) for row in rows]


async def find_last_as_of(tx: Transaction) -> datetime | None:
    """The latest day that a sweep is or was about."""
    last: datetime | None = await tx.raw.fetchval("select max(as_of) from warning_run")
    return last


async def load_run(tx: Transaction, run_id: UUID) -> Sweep:
    """A sweep, whatever its state; 404 `warning_run_not_found`."""
    row = await tx.raw.fetchrow(f"{SELECT} where r.run_id = $1", run_id)
    if row is None:
        raise not_found("warning_run_not_found", "There is no such run.")
    return _sweep(row)


async def list_runs(
    tx: Transaction, evaluation_id: UUID | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[Sweep]:
    """Sweeps, newest first; `evaluation_id`: only that which followed this review."""
    rows = await tx.raw.fetch(
        f"""{SELECT} where j.kind = $5 and ($1::timestamptz is null or (j.requested_at, j.id) < ($1, $2::uuid))
              and ($3::uuid is null or r.evaluation_id = $3)
            order by j.requested_at desc, j.id desc limit $4""",
        *(before or (None, None)), evaluation_id, limit, WARNING_SWEEP,
    )  # fmt: skip
    return [_sweep(row) for row in rows]


async def find_finished_by(tx: Transaction, as_of: datetime) -> Sweep | None:
    """The last sweep of that day or before that came to its end."""
    row = await tx.raw.fetchrow(
        f"{SELECT} where j.status = 'done' and r.as_of <= $1 order by r.as_of desc, r.run_id desc limit 1", as_of
    )
    return None if row is None else _sweep(row)


def _sweep(row: Mapping[str, Any]) -> Sweep:
    return Sweep(job_of(row), *(row[name] for name in NAMES))


async def save_setting(
    tx: Transaction, run_id: UUID, rules: Sequence[tuple[UUID, int]], setting: Mapping[str, Any]
) -> None:
    """What a sweep goes by from its beginning: versions of warning rules; the sizes of the tiers, the stages' rules."""
    await tx.raw.execute(
        "update warning_run set rules = $2::jsonb, setting = $3::jsonb where run_id = $1",
        run_id, json.dumps([[str(rule_id), version] for rule_id, version in rules]), json.dumps(setting),
    )  # fmt: skip


async def save_outcomes(tx: Transaction, run_id: UUID, outcomes: Mapping[str, int], stages: Mapping[str, int]) -> None:
    """What a sweep has come to so far: changes of warnings by kind, customers by stage and relationship type."""
    await tx.raw.execute(
        "update warning_run set outcomes = $2::jsonb, stages = $3::jsonb where run_id = $1",
        run_id, json.dumps(outcomes), json.dumps(stages),
    )  # fmt: skip
