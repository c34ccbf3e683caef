"""SQL of simulations (T9): who would go from where to where, with what they bring; key accounts among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.tiering_svc.reviews.domain.simulation import SimulationCell
from services.tiering_svc.reviews.repository.evaluations import SIMULATION, EvaluationRun
from services.tiering_svc.reviews.tables.evaluations import evaluation_cell
from shared.chassis import DataScope
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import Upsert, insert_many

ADD_UP = Upsert(
    add=("customers", "revenue", "profit_known_for"),
    expressions={
        "profit": "coalesce(evaluation_cell.profit + excluded.profit, evaluation_cell.profit, excluded.profit)"
    },
)


async def add_cells(tx: Transaction, run_id: UUID, cells: Sequence[SimulationCell]) -> None:
    """A batch's customers, added to the cells that are there."""
    await insert_many(tx, evaluation_cell, cells, shared={"run_id": run_id}, on_conflict=ADD_UP)


async def list_cells(tx: Transaction, run_id: UUID) -> list[SimulationCell]:
    """How many would go from which tier to which, with what they bring."""
    rows = await tx.raw.fetch(
        """select from_tier, to_tier, customers, revenue, profit, profit_known_for from evaluation_cell
           where run_id = $1 order by from_tier, to_tier""",
        run_id,
    )  # fmt: skip
    return [SimulationCell(*row) for row in rows]


def of_policy(run: EvaluationRun, policy_id: UUID) -> EvaluationRun:
    """The run, if it is a simulation of that policy; else 404 `simulation_not_found`."""
    if run.job.kind != SIMULATION or run.policy_id != policy_id:
        raise not_found("simulation_not_found", "The policy has no such simulation.")
    return run


async def list_runs_of(tx: Transaction, policy_id: UUID, before: UUID | None, limit: int) -> list[UUID]:
    """The simulations of a policy, newest first: their ids are ordered by time."""
    rows = await tx.raw.fetch(
        """select r.run_id from evaluation_run r join job j on j.id = r.run_id
           where j.kind = $4 and r.policy_id = $1 and ($2::uuid is null or r.run_id < $2)
           order by r.run_id desc limit $3""",
        policy_id, before, limit, SIMULATION,
    )  # fmt: skip
    return [row["run_id"] for row in rows]


@dataclass(frozen=True, slots=True)
class SimulatedMover:
    """A customer that would move, be placed or be in its grace period; and how it is classed (T8)."""

    customer_id: UUID
    outcome: str
    from_tier: str | None
    to_tier: str
    graded: str
    key_account: list[str] | None  # its kinds, when it is a key account
    excluded: bool


# T8: key accounts and exclusions as of the day the run is about, as far as they were known.
CLASSED = """
left join account_class k on k.customer_id = m.customer_id and k.effective @> r.as_of
     and (r.known_at is null or k.recorded_at <= r.known_at)
"""


async def list_movers(
    tx: Transaction, run_id: UUID, *, outcome: str | None, from_tier: str | None, to_tier: str | None,
    key_accounts: bool | None, excluded: bool | None, after: UUID | None, limit: int, scope: DataScope,
) -> list[SimulatedMover]:  # fmt: skip
    """Who of a scope would move, by customer. `key_accounts`, `excluded`: only those who are (true), or who are not."""
    values: list[Any] = [run_id, outcome, from_tier, to_tier, key_accounts, excluded, after, limit]
    rows = await tx.raw.fetch(
        f"""select m.customer_id, m.outcome, m.from_tier, m.to_tier, m.graded,
                   case when k.class = 'key' then k.kinds end, coalesce(k.class = 'excluded', false)
            from evaluation_run r join evaluation_mover m using (run_id) {CLASSED}
            where r.run_id = $1 and ($2::text is null or m.outcome = $2) and ($3::text is null or m.from_tier = $3)
              and ($4::text is null or m.to_tier = $4)
              and ($5::bool is null or coalesce(k.class = 'key', false) = $5)
              and ($6::bool is null or coalesce(k.class = 'excluded', false) = $6)
              and ($7::uuid is null or m.customer_id > $7)
              and {scope.where("m.customer_id", values)}
            order by m.customer_id limit $8""",
        *values,
    )
    return [SimulatedMover(*row) for row in rows]


async def count_classed(tx: Transaction, run_id: UUID) -> dict[str, dict[str, int]]:
    """By class (key, excluded) the movers that are in it, by what would happen to them."""
    rows = await tx.raw.fetch(
        f"""select k.class, m.outcome, count(*)::int
            from evaluation_run r join evaluation_mover m using (run_id) {CLASSED}
            where r.run_id = $1 and k.class is not null group by k.class, m.outcome""",
        run_id,
    )  # fmt: skip
    counts: dict[str, dict[str, int]] = {}
    for account_class, outcome, customers in rows:
        counts.setdefault(account_class, {})[outcome] = customers
    return counts
