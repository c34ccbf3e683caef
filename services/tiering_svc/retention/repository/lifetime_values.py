"""SQL of lifetime value runs (T13): what they value by, what they found, and everybody's value."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.retention.domain.buyers import Buyer, LifetimeValue
from services.tiering_svc.retention.tables import lifetime_value, lifetime_value_run
from shared.chassis import DataScope
from shared.errors import not_found
from shared.jobs import Job, job_columns, job_of
from shared.messaging import Transaction
from shared.sql import insert_many

LIFETIME_VALUES = "lifetime_values"  # the kind of job

NAMES = ("as_of", "known_at", "horizon_months", "discount_rate", "parameters", "revenue")
SELECT = f"""select {", ".join(f"r.{name}" for name in NAMES)}, {job_columns("j")}
from lifetime_value_run r join job j on j.id = r.run_id"""


@dataclass(frozen=True, slots=True)
class ValueRun:
    """What a run values by, what the models found, and the job that says how far it is."""

    job: Job
    as_of: datetime
    known_at: datetime
    horizon_months: int
    discount_rate: Decimal
    parameters: dict[str, Any] | None
    revenue: Decimal

    @property
    def run_id(self) -> UUID:
        """The job's id."""
        return self.job.id


async def add_run(
    tx: Transaction, job: Job, as_of: datetime, known_at: datetime, horizon: int, discount: Decimal
) -> None:
    """A run that waits. `horizon` in months; `discount` the rate of a year, as 0.1."""
    row = {
        "run_id": job.id, "as_of": as_of, "known_at": known_at, "horizon_months": horizon, "discount_rate": discount,
    }  # fmt: skip
    await insert_many(tx, lifetime_value_run, [row])


async def load_run(tx: Transaction, run_id: UUID) -> ValueRun:
    """A run; 404 `run_not_found`."""
    row = await tx.raw.fetchrow(f"{SELECT} where r.run_id = $1", run_id)
    if row is None:
        raise not_found("run_not_found", "There is no such run.")
    return _run(row)


async def list_runs(tx: Transaction, before: tuple[datetime, UUID] | None, limit: int) -> list[ValueRun]:
    """The runs that value customers, newest first."""
    rows = await tx.raw.fetch(
        f"""{SELECT} where j.kind = $4 and ($1::timestamptz is null or (j.requested_at, j.id) < ($1, $2::uuid))
            order by j.requested_at desc, j.id desc limit $3""",
        *(before or (None, None)), limit, LIFETIME_VALUES,
    )  # fmt: skip
    return [_run(row) for row in rows]


async def find_last_finished(tx: Transaction) -> ValueRun | None:
    """The run that was requested last, of those that came to their end."""
    row = await tx.raw.fetchrow(
        f"""{SELECT} where j.kind = $1 and j.status = 'done' order by j.requested_at desc, j.id desc limit 1""",
        LIFETIME_VALUES,
    )
    return None if row is None else _run(row)


def _run(row: Mapping[str, Any]) -> ValueRun:
    return ValueRun(job_of(row), *(row[name] for name in NAMES))


async def save_parameters(tx: Transaction, run_id: UUID, parameters: Mapping[str, Any]) -> None:
    """The parameters of the models as fitted, or why they could not be."""
    await tx.raw.execute(
        "update lifetime_value_run set parameters = $2::jsonb where run_id = $1", run_id, json.dumps(parameters)
    )


async def add_values(tx: Transaction, run_id: UUID, values: Sequence[LifetimeValue]) -> None:
    """The values of a batch of customers; and onto the run what they are expected to bring together."""
    rows = [
        {
            **asdict(value.buyer), "chance_alive": value.chance_alive, "expected_orders": value.expected_orders,
            "expected_value": value.expected_value, "revenue": value.revenue, "margin": value.margin,
        }
        for value in values
    ]  # fmt: skip
    await insert_many(tx, lifetime_value, rows, shared={"run_id": run_id})
    revenue = sum((value.revenue for value in values if value.revenue is not None), Decimal(0))
    await tx.raw.execute("update lifetime_value_run set revenue = revenue + $2 where run_id = $1", run_id, revenue)


VALUES = """customer_id, frequency, recency_days, age_days, mean_value, margin_rate, chance_alive, expected_orders,
            expected_value, revenue, margin"""


async def find_value(tx: Transaction, run_id: UUID, customer_id: UUID) -> LifetimeValue | None:
    """A customer's value by a run; None: it had not bought by then."""
    row = await tx.raw.fetchrow(
        f"select {VALUES} from lifetime_value where run_id = $1 and customer_id = $2", run_id, customer_id
    )
    return None if row is None else _value(row)


async def list_values(
    tx: Transaction, run_id: UUID, after: tuple[Decimal, UUID] | None, limit: int, scope: DataScope
) -> list[LifetimeValue]:
    """Those of a scope, the most valuable first; those whose value is not known come last."""
    values: list[Any] = [run_id, *(after or (None, None)), limit]
    rows = await tx.raw.fetch(
        f"""select {VALUES} from lifetime_value v
            where run_id = $1 and ($2::numeric is null or coalesce(revenue, -1) < $2
                                   or (coalesce(revenue, -1) = $2 and customer_id > $3::uuid))
              and {scope.where("v.customer_id", values)}
            order by coalesce(revenue, -1) desc, customer_id limit $4""",
        *values,
    )
    return [_value(row) for row in rows]


def _value(row: Any) -> LifetimeValue:
    columns = list(row)
    return LifetimeValue(Buyer(*columns[:6]), *columns[6:])
