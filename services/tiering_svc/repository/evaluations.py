"""SQL of review runs: asked for, collected, waited for, decided in chunks, finished."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.domain.abc_classes import cutoffs_from_data
from services.tiering_svc.domain.policies import Policy
from shared.errors import not_found
from shared.messaging import Transaction

FIELDS = """run_id, as_of, apply, simulated_because, status, policy_id, policy_version, heads_after, cutoffs, cursor,
            customers, outcomes, requested_by, requested_at, started_at, finished_at"""


@dataclass(frozen=True, slots=True)
class Run:
    run_id: UUID
    as_of: datetime
    apply: bool
    simulated_because: str | None
    status: str
    policy_id: UUID
    policy_version: int
    heads_after: str
    cutoffs: list[dict[str, str]] | None
    cursor: UUID | None
    customers: int
    outcomes: dict[str, int]
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Mover:
    customer_id: UUID
    outcome: str
    from_tier: str | None
    to_tier: str  # where it stands after the review; with `grace` still where it was
    graded: str  # what its figures give


async def add_run(
    tx: Transaction, run_id: UUID, as_of: datetime, simulated_because: str | None, policy: Policy, by: str
) -> None:
    await tx.raw.execute(
        """insert into evaluation_run (run_id, as_of, apply, simulated_because, status, policy_id, policy_version,
               requested_by, requested_at)
           values ($1, $2, $3, $4, 'collecting', $5, $6, $7, $8)""",
        run_id, as_of, simulated_because != "not_asked_to_apply", simulated_because, policy.policy_id, policy.version,
        by, tx.at,
    )  # fmt: skip


async def load_run(tx: Transaction, run_id: UUID) -> Run:
    row = await tx.raw.fetchrow(f"select {FIELDS} from evaluation_run where run_id = $1", run_id)
    if row is None:
        raise not_found("evaluation_not_found", "There is no such review.")
    return _run(row)


async def list_runs(tx: Transaction, before: tuple[datetime, UUID] | None, limit: int) -> list[Run]:
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from evaluation_run
            where $1::timestamptz is null or (requested_at, run_id) < ($1, $2::uuid)
            order by requested_at desc, run_id desc limit $3""",
        *(before or (None, None)), limit,
    )  # fmt: skip
    return [_run(row) for row in rows]


async def find_unfinished(tx: Transaction) -> Run | None:
    """The oldest; the others wait, so that reviews apply in the order they were asked for."""
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from evaluation_run where finished_at is null order by requested_at, run_id limit 1"
    )
    return None if row is None else _run(row)


async def lock_run(tx: Transaction, run_id: UUID) -> Run | None:
    """The run, unless another replica is at it."""
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from evaluation_run where run_id = $1 and finished_at is null for update skip locked", run_id
    )
    return None if row is None else _run(row)


async def find_last_applied(tx: Transaction, by: datetime | None = None) -> datetime | None:
    """The date of the last applied review, or of the last one by then."""
    last: datetime | None = await tx.raw.fetchval(
        "select max(as_of) from evaluation_run where status = 'applied' and ($1::timestamptz is null or as_of <= $1)",
        by,
    )
    return last


async def add_heads(tx: Transaction, run_id: UUID, topic: str, keys: Sequence[str], seqs: Sequence[int]) -> None:
    """Only those are kept that this service has not reached yet."""
    await tx.raw.execute(
        """insert into evaluation_head (run_id, key, seq)
           select $1, a.key, a.seq from unnest($3::text[], $4::bigint[]) as a(key, seq)
           left join stream_seen s on s.topic = $2 and s.key = a.key
           where coalesce(s.last_seq, 0) < a.seq
           on conflict (run_id, key) do nothing""",
        run_id, topic, keys, seqs,
    )  # fmt: skip


async def save_collected(tx: Transaction, run_id: UUID, after: str, *, last: bool) -> None:
    await tx.raw.execute(
        """update evaluation_run set heads_after = $2, status = case when $3 then 'waiting' else status end
           where run_id = $1""",
        run_id, after, last,
    )  # fmt: skip


async def count_heads_ahead(tx: Transaction, run_id: UUID, topic: str) -> int:
    """How many streams still have to come as far as they stood. One that is blocked by a parked event is not waited
    for: an operator has to free it, and meanwhile everybody else is reviewed."""
    await tx.raw.execute(
        """delete from evaluation_head h using stream_seen s
           where h.run_id = $1 and s.topic = $2 and s.key = h.key
             and (s.last_seq >= h.seq or s.blocked_at is not null)""",
        run_id, topic,
    )  # fmt: skip
    ahead: int = await tx.raw.fetchval("select count(*) from evaluation_head where run_id = $1", run_id)
    return ahead


async def save_begun(
    tx: Transaction, run_id: UUID, policy: Policy, cutoffs: Sequence[Mapping[str, str]] | None, because: str | None
) -> None:
    await tx.raw.execute(
        """update evaluation_run set status = 'running', started_at = $2, policy_id = $3, policy_version = $4,
               cutoffs = $5::jsonb, simulated_because = $6
           where run_id = $1""",
        run_id, tx.at, policy.policy_id, policy.version, None if cutoffs is None else json.dumps(cutoffs), because,
    )  # fmt: skip


async def save_progress(
    tx: Transaction, run_id: UUID, cursor: UUID | None, customers: int, outcomes: Mapping[str, int]
) -> None:
    await tx.raw.execute(
        """update evaluation_run set cursor = $2, customers = customers + $3, outcomes = $4::jsonb where run_id = $1""",
        run_id, cursor, customers, json.dumps(outcomes),
    )  # fmt: skip


async def save_finished(tx: Transaction, run_id: UUID, status: str) -> None:
    await tx.raw.execute(
        "update evaluation_run set status = $2, finished_at = $3 where run_id = $1", run_id, status, tx.at
    )


async def add_movers(tx: Transaction, run_id: UUID, movers: Sequence[Mover]) -> None:
    if movers:
        await tx.raw.execute(
            """insert into evaluation_mover (run_id, customer_id, outcome, from_tier, to_tier, graded)
               select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])""",
            run_id, [m.customer_id for m in movers], [m.outcome for m in movers], [m.from_tier for m in movers],
            [m.to_tier for m in movers], [m.graded for m in movers],
        )  # fmt: skip


async def list_movers(
    tx: Transaction, run_id: UUID, outcome: str | None, after: UUID | None, limit: int
) -> list[Mover]:
    rows = await tx.raw.fetch(
        """select customer_id, outcome, from_tier, to_tier, graded from evaluation_mover
           where run_id = $1 and ($2::text is null or outcome = $2) and ($3::uuid is null or customer_id > $3)
           order by customer_id limit $4""",
        run_id, outcome, after, limit,
    )  # fmt: skip
    return [Mover(*row.values()) for row in rows]


def with_cutoffs(policy: Policy, run: Run) -> Policy:
    return policy.with_cutoffs(cutoffs_from_data(policy, run.cutoffs or ()), run.run_id)


def _run(row: Mapping[str, Any]) -> Run:
    return Run(**row)
