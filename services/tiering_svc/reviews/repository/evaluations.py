"""SQL of runs, reviews and simulations alike: what they decide by, the heads they wait for, and what came of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.policies.domain.abc import cutoffs_from_data
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.reviews.tables.evaluations import evaluation_head, evaluation_mover, evaluation_run
from shared.chassis import DataScope
from shared.errors import not_found
from shared.jobs import Job, job_columns, job_of
from shared.messaging import Transaction
from shared.sql import given_rows, insert_many

REVIEW, SIMULATION = "review", "simulation"  # the kinds of job

NAMES = (
    "as_of", "known_at", "apply", "simulated_because", "policy_id", "policy_version", "policy_requested", "costs",
    "cutoffs", "population", "outcomes", "applied", "result", "decided_at",
)  # fmt: skip
SELECT = f"""select {", ".join(f"r.{name}" for name in NAMES)}, {job_columns("j")}
from evaluation_run r join job j on j.id = r.run_id"""


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """A review or a simulation: what it decides by, what came of it, and the job that says how far it is."""

    job: Job
    as_of: datetime
    known_at: datetime | None  # None: not begun, and not requested either
    apply: bool
    simulated_because: str | None
    policy_id: UUID
    policy_version: int
    policy_requested: bool
    costs: dict[str, Any] | None
    cutoffs: list[dict[str, str]] | None
    population: dict[str, Any] | None  # whom shares of customers were counted of, and how many they were
    outcomes: dict[str, int]
    applied: dict[str, int]
    result: str | None  # applied, simulated
    decided_at: datetime | None

    @property
    def run_id(self) -> UUID:
        """The job's id."""
        return self.job.id


@dataclass(frozen=True, slots=True)
class Mover:
    """A customer that goes from one tier to another in a run, is placed, or is in its grace period."""

    customer_id: UUID
    outcome: str
    from_tier: str | None
    to_tier: str  # where it stands after the review; with `grace` still where it was
    graded: str  # what its figures give
    applied: bool  # false in a simulation, and where all facts give another outcome


async def add_run(
    tx: Transaction, job: Job, as_of: datetime, policy: Policy, *, known_at: datetime | None = None,
    simulated_because: str | None = None, policy_requested: bool = False, costs: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """A run that waits. `simulated_because`: why it takes no effect; None: it does, if it still may when it begins."""
    run = {
        "run_id": job.id, "as_of": as_of, "known_at": known_at, "apply": simulated_because != "not_asked_to_apply",
        "simulated_because": simulated_because, "policy_id": policy.policy_id, "policy_version": policy.version,
        "policy_requested": policy_requested, "costs": costs,
    }  # fmt: skip
    await insert_many(tx, evaluation_run, [run])


async def load_run(tx: Transaction, run_id: UUID, kind: str | None = None) -> EvaluationRun:
    """A run, of one kind if `kind` is given; 404 `evaluation_not_found`."""
    row = await tx.raw.fetchrow(f"{SELECT} where r.run_id = $1 and ($2::text is null or j.kind = $2)", run_id, kind)
    if row is None:
        raise not_found("evaluation_not_found", "There is no such review.")
    return _run(row)


async def list_runs(
    tx: Transaction, kind: str, before: tuple[datetime, UUID] | None, limit: int
) -> list[EvaluationRun]:
    """The runs of a kind, newest first."""
    rows = await tx.raw.fetch(
        f"""{SELECT} where j.kind = $4 and ($1::timestamptz is null or (j.requested_at, j.id) < ($1, $2::uuid))
            order by j.requested_at desc, j.id desc limit $3""",
        *(before or (None, None)), limit, kind,
    )  # fmt: skip
    return [_run(row) for row in rows]


def _run(row: Mapping[str, Any]) -> EvaluationRun:
    return EvaluationRun(job_of(row), *(row[name] for name in NAMES))


async def find_last_applied(
    tx: Transaction, by: datetime | None = None, known_at: datetime | None = None
) -> datetime | None:
    """The date of the last applied review, or of the last one by then, as far as it was done at `known_at`."""
    last: datetime | None = await tx.raw.fetchval(
        """select max(as_of) from evaluation_run
           where result = 'applied' and ($1::timestamptz is null or as_of <= $1)
             and ($2::timestamptz is null or decided_at <= $2)""",
        by, known_at,
    )  # fmt: skip
    return last


async def save_known_at(tx: Transaction, run_id: UUID, known_at: datetime) -> None:
    """What settles which facts count; an instant that was requested stays."""
    await tx.raw.execute(
        "update evaluation_run set known_at = $2 where run_id = $1 and known_at is null", run_id, known_at
    )


async def add_heads(tx: Transaction, run_id: UUID, topic: str, keys: Sequence[str], seqs: Sequence[int]) -> None:
    """Only those are kept that this service has not reached yet."""
    await tx.raw.execute(
        f"""insert into evaluation_head (run_id, key, seq)
           select $1, a.key, a.seq from {given_rows(evaluation_head, ("key", "seq"), alias="a", first=3)}
           left join stream_seen s on s.topic = $2 and s.key = a.key
           where coalesce(s.last_seq, 0) < a.seq
           on conflict (run_id, key) do nothing""",
        run_id, topic, keys, seqs,
    )  # fmt: skip


async def count_heads_ahead(tx: Transaction, run_id: UUID, topic: str) -> int:
    """How many streams tiering has still to receive as far as they were. One that is blocked by a parked event is not
    waited for: an operator has to free it, and meanwhile everybody else is reviewed."""
    await tx.raw.execute(
        """delete from evaluation_head h using stream_seen s
           where h.run_id = $1 and s.topic = $2 and s.key = h.key
             and (s.last_seq >= h.seq or s.blocked_at is not null)""",
        run_id, topic,
    )  # fmt: skip
    ahead: int = await tx.raw.fetchval("select count(*) from evaluation_head where run_id = $1", run_id)
    return ahead


async def save_basis(tx: Transaction, run_id: UUID, policy: Policy, simulated_because: str | None) -> None:
    """The policy that the run really decides by, and whether it takes effect."""
    await tx.raw.execute(
        """update evaluation_run set policy_id = $2, policy_version = $3, simulated_because = $4
           where run_id = $1""",
        run_id, policy.policy_id, policy.version, simulated_because,
    )  # fmt: skip


async def estimate_customers(tx: Transaction) -> int | None:
    """About how many customers there are."""
    customers: int | None = await tx.raw.fetchval(
        "select nullif(reltuples, -1)::bigint from pg_class where oid = 'standing'::regclass"
    )
    return customers


async def save_applying_since(tx: Transaction, run_id: UUID) -> None:
    """The run takes effect from now on, customer by customer."""
    await tx.raw.execute("update evaluation_run set applying_since = $2 where run_id = $1", run_id, tx.at)


async def find_database_time(tx: Transaction) -> datetime:
    """Now by the database's own clock, which says when transactions began; this machine's may differ."""
    now: datetime = await tx.raw.fetchval("select clock_timestamp()")
    return now


async def add_values(tx: Transaction, run_id: UUID, after: str | None, values: Sequence[Any]) -> None:
    """The measured values of a batch of the population, of which cut-offs are found. `after`: where the batch began."""
    await tx.raw.execute(
        "insert into evaluation_value (run_id, after, measured) values ($1, $2, $3)", run_id, after or "", values
    )


async def list_values(tx: Transaction, run_id: UUID, after: str | None, limit: int) -> list[tuple[str, list[Any]]]:
    """Batches of measured values with where each began, in the order they were taken."""
    rows = await tx.raw.fetch(
        """select after, measured from evaluation_value
           where run_id = $1 and ($2::text is null or after > $2) order by after limit $3""",
        run_id, after, limit,
    )  # fmt: skip
    return [(row["after"], row["measured"]) for row in rows]


async def save_cutoffs(
    tx: Transaction, run_id: UUID, cutoffs: Sequence[Mapping[str, str]], population: Mapping[str, Any] | None
) -> None:
    """The cut-offs of the run's population, and who that was; the values they were found of are needed no longer."""
    await tx.raw.execute(
        "update evaluation_run set cutoffs = $2::jsonb, population = $3::jsonb where run_id = $1",
        run_id, json.dumps(cutoffs), None if population is None else json.dumps(population),
    )  # fmt: skip
    await tx.raw.execute("delete from evaluation_value where run_id = $1", run_id)


async def save_outcomes(tx: Transaction, run: EvaluationRun, *, result: str | None) -> None:
    """What has been decided and applied so far; with the last batch, what the run came to."""
    await tx.raw.execute(
        """update evaluation_run set outcomes = $2::jsonb, applied = $3::jsonb, result = $4::text,
               decided_at = case when $4::text is not null then $5::timestamptz end
           where run_id = $1""",
        run.run_id, json.dumps(run.outcomes), json.dumps(run.applied), result, tx.at,
    )  # fmt: skip


async def add_movers(tx: Transaction, run_id: UUID, movers: Sequence[Mover]) -> None:
    """The movers of a batch, each customer once a run."""
    await insert_many(tx, evaluation_mover, movers, shared={"run_id": run_id})


async def list_movers(
    tx: Transaction, run_id: UUID, outcome: str | None, after: UUID | None, limit: int, scope: DataScope | None = None
) -> list[Mover]:
    """The movers of a run, all or in a scope (of one outcome, if given), by customer."""
    values: list[Any] = [run_id, outcome, after, limit]
    within = "true" if scope is None else scope.where("evaluation_mover.customer_id", values)
    rows = await tx.raw.fetch(
        f"""select customer_id, outcome, from_tier, to_tier, graded, applied from evaluation_mover
           where run_id = $1 and ($2::text is null or outcome = $2) and ($3::uuid is null or customer_id > $3)
             and {within}
           order by customer_id limit $4""",
        *values,
    )
    return [Mover(*row.values()) for row in rows]


def with_cutoffs(policy: Policy, run: EvaluationRun) -> Policy:
    """The policy with the cut-offs that the run has found, if it has."""
    if run.cutoffs is None:
        return policy
    return policy.with_cutoffs(cutoffs_from_data(policy, run.cutoffs), run.run_id)
