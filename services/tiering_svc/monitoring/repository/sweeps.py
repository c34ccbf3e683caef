"""SQL of sweeps: asked for, or following a review, or due by the day; done in chunks, finished (T12)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.errors import not_found
from shared.messaging import Transaction, new_id

FIELDS = """run_id, as_of, because, evaluation_id, requested_by, requested_at, started_at, finished_at, rules, setting,
            cursor, customers, outcomes, stages"""


@dataclass(frozen=True, slots=True)
class Sweep:
    run_id: UUID
    as_of: datetime
    because: str
    evaluation_id: UUID | None
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    rules: list[list[Any]] | None  # ids and versions
    setting: dict[str, Any] | None
    cursor: UUID | None
    customers: int
    outcomes: dict[str, int]
    stages: dict[str, int]


async def add_run(tx: Transaction, run_id: UUID, as_of: datetime, because: str, by: str) -> bool:
    """False: the day's run is on its way already."""
    added = await tx.raw.fetchval(
        """insert into warning_run (run_id, as_of, because, requested_by, requested_at) values ($1, $2, $3, $4, $5)
           on conflict do nothing returning true""",
        run_id, as_of, because, by, tx.at,
    )  # fmt: skip
    return added is not None


async def add_runs_after_reviews(tx: Transaction, by: str) -> None:
    """Each applied review is followed by one sweep as of its date, unless a later day has been swept."""
    rows = await tx.raw.fetch(
        """select e.run_id, e.as_of from evaluation_run e
           where e.result = 'applied' and not exists (select from warning_run w where w.evaluation_id = e.run_id)
             and e.as_of >= coalesce((select max(as_of) from warning_run), '-infinity')
           order by e.as_of, e.decided_at"""
    )
    for evaluation_id, as_of in rows:
        await tx.raw.execute(
            """insert into warning_run (run_id, as_of, because, evaluation_id, requested_by, requested_at)
               values ($1, $2, 'review', $3, $4, $5) on conflict do nothing""",
            new_id(), as_of, evaluation_id, by, tx.at,
        )  # fmt: skip


async def is_due(tx: Transaction, every: timedelta) -> bool:
    """The last sweep, whatever its cause, is so long ago; the first is a review's or somebody's."""
    due: bool | None = await tx.raw.fetchval(
        """select bool_and(finished_at is not null) and max(finished_at) < $1
           from (select finished_at from warning_run order by requested_at desc, run_id desc limit 1) last""",
        tx.at - every,
    )  # fmt: skip
    return bool(due)


async def find_last_as_of(tx: Transaction) -> datetime | None:
    last: datetime | None = await tx.raw.fetchval("select max(as_of) from warning_run")
    return last


async def load_run(tx: Transaction, run_id: UUID) -> Sweep:
    row = await tx.raw.fetchrow(f"select {FIELDS} from warning_run where run_id = $1", run_id)
    if row is None:
        raise not_found("warning_run_not_found", "There is no such run.")
    return Sweep(**row)


async def list_runs(
    tx: Transaction, evaluation_id: UUID | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[Sweep]:
    """Newest first."""
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from warning_run
            where ($1::timestamptz is null or (requested_at, run_id) < ($1, $2::uuid))
              and ($3::uuid is null or evaluation_id = $3)
            order by requested_at desc, run_id desc limit $4""",
        *(before or (None, None)), evaluation_id, limit,
    )  # fmt: skip
    return [Sweep(**row) for row in rows]


async def find_unfinished(tx: Transaction) -> Sweep | None:
    """The oldest: sweeps happen in the order they were asked for."""
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from warning_run where finished_at is null order by requested_at, run_id limit 1"
    )
    return None if row is None else Sweep(**row)


async def find_finished_by(tx: Transaction, as_of: datetime) -> Sweep | None:
    """The last finished sweep of that day or before."""
    row = await tx.raw.fetchrow(
        f"""select {FIELDS} from warning_run where finished_at is not null and as_of <= $1
            order by as_of desc, run_id desc limit 1""",
        as_of,
    )
    return None if row is None else Sweep(**row)


async def lock_run(tx: Transaction, run_id: UUID) -> Sweep | None:
    """The run, unless another replica is at it or it is done."""
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from warning_run where run_id = $1 and finished_at is null for update skip locked", run_id
    )
    return None if row is None else Sweep(**row)


async def save_begun(
    tx: Transaction, run_id: UUID, rules: Sequence[tuple[UUID, int]], setting: Mapping[str, Any]
) -> None:
    await tx.raw.execute(
        "update warning_run set started_at = $2, rules = $3::jsonb, setting = $4::jsonb where run_id = $1",
        run_id, tx.at, json.dumps([[str(rule_id), version] for rule_id, version in rules]), json.dumps(setting),
    )  # fmt: skip


async def save_progress(
    tx: Transaction, run_id: UUID, cursor: UUID | None, customers: int, outcomes: Mapping[str, int],
    stages: Mapping[str, int], *, last: bool,
) -> None:  # fmt: skip
    await tx.raw.execute(
        """update warning_run set cursor = $2, customers = $3, outcomes = $4::jsonb, stages = $5::jsonb,
               finished_at = case when $6 then $7::timestamptz end
           where run_id = $1""",
        run_id, cursor, customers, json.dumps(outcomes), json.dumps(stages), last, tx.at,
    )  # fmt: skip
