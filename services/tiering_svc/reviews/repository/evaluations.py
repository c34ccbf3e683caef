"""SQL of runs, reviews and simulations alike: asked for, collected, waited for, decided in chunks, finished."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.policies.domain.abc import cutoffs_from_data
from services.tiering_svc.policies.domain.policy import Policy
from shared.errors import not_found
from shared.messaging import Transaction

FIELDS = """run_id, kind, as_of, known_at, apply, simulated_because, status, policy_id, policy_version, policy_asked,
            heads_after, cutoffs, cursor, customers, expected, outcomes, applied, costs, requested_by, requested_at,
            started_at, finished_at, cancelled_by"""


@dataclass(frozen=True, slots=True)
class Run:
    run_id: UUID
    kind: str
    as_of: datetime
    known_at: datetime | None  # None: not begun, and not asked for either
    apply: bool
    simulated_because: str | None
    status: str
    policy_id: UUID
    policy_version: int
    policy_asked: bool
    heads_after: str
    cutoffs: list[dict[str, str]] | None
    cursor: UUID | None
    customers: int
    expected: int | None
    outcomes: dict[str, int]
    applied: dict[str, int]
    costs: dict[str, Any] | None
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancelled_by: str | None


@dataclass(frozen=True, slots=True)
class Mover:
    customer_id: UUID
    outcome: str
    from_tier: str | None
    to_tier: str  # where it stands after the review; with `grace` still where it was
    graded: str  # what its figures give
    applied: bool  # false in a simulation, and where the customer had moved on meanwhile


async def add_run(
    tx: Transaction, run_id: UUID, kind: str, as_of: datetime, policy: Policy, by: str, *,
    known_at: datetime | None = None, simulated_because: str | None = None, policy_asked: bool = False,
    costs: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    await tx.raw.execute(
        """insert into evaluation_run (run_id, kind, as_of, known_at, apply, simulated_because, status, policy_id,
               policy_version, policy_asked, costs, requested_by, requested_at)
           values ($1, $2, $3, $4, $5, $6, 'collecting', $7, $8, $9, $10::jsonb, $11, $12)""",
        run_id, kind, as_of, known_at, simulated_because != "not_asked_to_apply", simulated_because, policy.policy_id,
        policy.version, policy_asked, None if costs is None else json.dumps(costs), by, tx.at,
    )  # fmt: skip


async def load_run(tx: Transaction, run_id: UUID, *, lock: bool = False) -> Run:
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from evaluation_run where run_id = $1 {'for update' if lock else ''}", run_id
    )
    if row is None:
        raise not_found("evaluation_not_found", "There is no such review.")
    return Run(**row)


async def list_runs(tx: Transaction, kind: str, before: tuple[datetime, UUID] | None, limit: int) -> list[Run]:
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from evaluation_run
            where kind = $4 and ($1::timestamptz is null or (requested_at, run_id) < ($1, $2::uuid))
            order by requested_at desc, run_id desc limit $3""",
        *(before or (None, None)), limit, kind,
    )  # fmt: skip
    return [Run(**row) for row in rows]


async def find_unfinished(tx: Transaction, kind: str) -> Run | None:
    """The oldest; the others wait, so that reviews apply in the order they were asked for."""
    row = await tx.raw.fetchrow(
        f"""select {FIELDS} from evaluation_run where finished_at is null and kind = $1
            order by requested_at, run_id limit 1""",
        kind,
    )  # fmt: skip
    return None if row is None else Run(**row)


async def lock_run(tx: Transaction, run_id: UUID) -> Run | None:
    """The run, unless another replica is at it."""
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from evaluation_run where run_id = $1 and finished_at is null for update skip locked", run_id
    )
    return None if row is None else Run(**row)


async def find_last_applied(
    tx: Transaction, by: datetime | None = None, known_at: datetime | None = None
) -> datetime | None:
    """The date of the last applied review, or of the last one by then, as far as it was done at `known_at`."""
    last: datetime | None = await tx.raw.fetchval(
        """select max(as_of) from evaluation_run
           where status = 'applied' and ($1::timestamptz is null or as_of <= $1)
             and ($2::timestamptz is null or finished_at <= $2)""",
        by, known_at,
    )  # fmt: skip
    return last


async def save_known_at(tx: Transaction, run_id: UUID, known_at: datetime) -> None:
    await tx.raw.execute("update evaluation_run set known_at = $2 where run_id = $1", run_id, known_at)


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


async def save_begun(tx: Transaction, run_id: UUID, policy: Policy, because: str | None) -> None:
    """It has a population to measure first (T5), or decides at once."""
    await tx.raw.execute(
        """update evaluation_run set status = $6, started_at = $2, policy_id = $3, policy_version = $4,
               simulated_because = $5,
               expected = (select nullif(reltuples, -1) from pg_class where oid = 'standing'::regclass)
           where run_id = $1""",
        run_id, tx.at, policy.policy_id, policy.version, because, "measuring" if policy.shares else "running",
    )  # fmt: skip


async def add_values(tx: Transaction, run_id: UUID, after: UUID | None, values: Sequence[Any], cursor: UUID) -> None:
    await tx.raw.execute(
        "insert into evaluation_value (run_id, after, measured) values ($1, $2, $3)", run_id, str(after or ""), values
    )
    await tx.raw.execute("update evaluation_run set cursor = $2 where run_id = $1", run_id, cursor)


async def list_values(tx: Transaction, run_id: UUID, after: str | None, limit: int) -> list[tuple[str, list[Any]]]:
    rows = await tx.raw.fetch(
        """select after, measured from evaluation_value
           where run_id = $1 and ($2::text is null or after > $2) order by after limit $3""",
        run_id, after, limit,
    )  # fmt: skip
    return [(row["after"], row["measured"]) for row in rows]


async def save_cutoffs(tx: Transaction, run_id: UUID, cutoffs: Sequence[Mapping[str, str]]) -> None:
    await tx.raw.execute(
        "update evaluation_run set status = 'running', cutoffs = $2::jsonb, cursor = null where run_id = $1",
        run_id, json.dumps(cutoffs),
    )  # fmt: skip
    await tx.raw.execute("delete from evaluation_value where run_id = $1", run_id)


async def save_progress(
    tx: Transaction, run: Run, cursor: UUID | None, outcomes: Counter[str], applied: Counter[str]
) -> Run:
    """One chunk more. Returns the run as it is now."""
    row = await tx.raw.fetchrow(
        f"""update evaluation_run set cursor = $2, customers = customers + $3, outcomes = $4::jsonb, applied = $5::jsonb
            where run_id = $1 returning {FIELDS}""",
        run.run_id, cursor, outcomes.total(), json.dumps(Counter(run.outcomes) + outcomes),
        json.dumps(Counter(run.applied) + applied),
    )  # fmt: skip
    assert row is not None  # it is locked
    return Run(**row)


async def save_finished(tx: Transaction, run_id: UUID, status: str, cancelled_by: str | None = None) -> None:
    await tx.raw.execute(
        "update evaluation_run set status = $2, finished_at = $3, cancelled_by = $4 where run_id = $1",
        run_id, status, tx.at, cancelled_by,
    )  # fmt: skip


async def add_movers(tx: Transaction, run_id: UUID, movers: Sequence[Mover]) -> None:
    if movers:
        await tx.raw.execute(
            """insert into evaluation_mover (run_id, customer_id, outcome, from_tier, to_tier, graded, applied)
               select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[])""",
            run_id, [m.customer_id for m in movers], [m.outcome for m in movers], [m.from_tier for m in movers],
            [m.to_tier for m in movers], [m.graded for m in movers], [m.applied for m in movers],
        )  # fmt: skip


async def list_movers(
    tx: Transaction, run_id: UUID, outcome: str | None, after: UUID | None, limit: int
) -> list[Mover]:
    rows = await tx.raw.fetch(
        """select customer_id, outcome, from_tier, to_tier, graded, applied from evaluation_mover
           where run_id = $1 and ($2::text is null or outcome = $2) and ($3::uuid is null or customer_id > $3)
           order by customer_id limit $4""",
        run_id, outcome, after, limit,
    )  # fmt: skip
    return [Mover(*row.values()) for row in rows]


def with_cutoffs(policy: Policy, run: Run) -> Policy:
    if run.cutoffs is None:
        return policy
    return policy.with_cutoffs(cutoffs_from_data(policy, run.cutoffs), run.run_id)
