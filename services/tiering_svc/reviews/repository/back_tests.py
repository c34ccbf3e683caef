"""SQL of back-tests (T9): asked for, measured, replayed in chunks of customers, read by month."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.reviews.domain.simulation import SimulationCell
from shared.errors import not_found
from shared.messaging import Transaction

FIELDS = """back_test_id, policy_id, policy_version, first_month, last_month, known, known_at, status, cutoffs, cursor,
            customers, expected, requested_by, requested_at, started_at, finished_at, cancelled_by"""


@dataclass(frozen=True, slots=True)
class PolicyBackTest:
    back_test_id: UUID
    policy_id: UUID
    policy_version: int
    first_month: date
    last_month: date
    known: str
    known_at: datetime
    status: str
    cutoffs: dict[str, list[dict[str, str]]] | None
    cursor: UUID | None
    customers: int
    expected: int | None
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancelled_by: str | None


async def add_back_test(
    tx: Transaction, back_test_id: UUID, policy: Policy, first_month: date, last_month: date, known: str, by: str
) -> None:
    await tx.raw.execute(
        """insert into back_test (back_test_id, policy_id, policy_version, first_month, last_month, known, known_at,
               status, requested_by, requested_at, expected)
           select $1, $2, $3, $4, $5, $6, $7, $8, $9, $7, nullif(reltuples, -1)
           from pg_class where oid = 'standing'::regclass""",
        back_test_id, policy.policy_id, policy.version, first_month, last_month, known, tx.at,
        "measuring" if policy.shares else "running", by,
    )  # fmt: skip


async def load_back_test(
    tx: Transaction, back_test_id: UUID, policy_id: UUID | None = None, *, lock: bool = False
) -> PolicyBackTest:
    row = await tx.raw.fetchrow(
        f"""select {FIELDS} from back_test where back_test_id = $1 and ($2::uuid is null or policy_id = $2)
            {"for update" if lock else ""}""",
        back_test_id, policy_id,
    )  # fmt: skip
    if row is None:
        raise not_found("back_test_not_found", "The policy has no such back-test.")
    return PolicyBackTest(**row)


async def list_back_tests(tx: Transaction, policy_id: UUID, before: UUID | None, limit: int) -> list[PolicyBackTest]:
    rows = await tx.raw.fetch(
        f"""select {FIELDS} from back_test where policy_id = $1 and ($2::uuid is null or back_test_id < $2)
            order by back_test_id desc limit $3""",
        policy_id, before, limit,
    )  # fmt: skip
    return [PolicyBackTest(**row) for row in rows]


async def find_unfinished(tx: Transaction) -> PolicyBackTest | None:
    row = await tx.raw.fetchrow(
        f"select {FIELDS} from back_test where finished_at is null order by requested_at, back_test_id limit 1"
    )
    return None if row is None else PolicyBackTest(**row)


async def lock_back_test(tx: Transaction, back_test_id: UUID) -> PolicyBackTest | None:
    """The back-test, unless another replica is at it or it is over."""
    row = await tx.raw.fetchrow(
        f"""select {FIELDS} from back_test where back_test_id = $1 and finished_at is null
            for update skip locked""",
        back_test_id,
    )  # fmt: skip
    return None if row is None else PolicyBackTest(**row)


async def save_cursor(tx: Transaction, back_test_id: UUID, cursor: UUID | None, customers: int = 0) -> None:
    await tx.raw.execute(
        """update back_test set cursor = $2, customers = customers + $3, started_at = coalesce(started_at, $4)
           where back_test_id = $1""",
        back_test_id, cursor, customers, tx.at,
    )  # fmt: skip


async def save_finished(tx: Transaction, back_test_id: UUID, status: str, cancelled_by: str | None = None) -> None:
    await tx.raw.execute(
        "update back_test set status = $2, finished_at = $3, cancelled_by = $4 where back_test_id = $1",
        back_test_id, status, tx.at, cancelled_by,
    )  # fmt: skip


async def add_values(tx: Transaction, back_test_id: UUID, after: UUID | None, values: Mapping[date, list[Any]]) -> None:
    await tx.raw.executemany(
        "insert into back_test_value (back_test_id, month, after, measured) values ($1, $2, $3, $4)",
        [(back_test_id, month, str(after or ""), measured) for month, measured in values.items()],
    )


async def list_values(
    tx: Transaction, back_test_id: UUID, month: date, after: str | None, limit: int
) -> list[tuple[str, list[Decimal]]]:
    rows = await tx.raw.fetch(
        """select after, measured from back_test_value
           where back_test_id = $1 and month = $2 and ($3::text is null or after > $3) order by after limit $4""",
        back_test_id, month, after, limit,
    )  # fmt: skip
    return [(row["after"], row["measured"]) for row in rows]


async def save_cutoffs(tx: Transaction, back_test_id: UUID, cutoffs: Mapping[str, Any]) -> None:
    await tx.raw.execute(
        "update back_test set status = 'running', cursor = null, cutoffs = $2::jsonb where back_test_id = $1",
        back_test_id, json.dumps(cutoffs),
    )  # fmt: skip
    await tx.raw.execute("delete from back_test_value where back_test_id = $1", back_test_id)


@dataclass(frozen=True, slots=True)
class MonthCell:
    month: date
    cell: SimulationCell
    moved_back: int


async def add_cells(tx: Transaction, back_test_id: UUID, cells: Sequence[MonthCell]) -> None:
    await tx.raw.execute(
        """insert into back_test_cell as c (back_test_id, month, from_tier, to_tier, customers, revenue, profit,
               profit_known_for, moved_back)
           select $1, a.* from unnest($2::date[], $3::text[], $4::text[], $5::int[], $6::numeric[], $7::numeric[],
                                      $8::numeric[], $9::int[])
                as a(month, from_tier, to_tier, customers, revenue, profit, known, moved_back)
           on conflict (back_test_id, month, from_tier, to_tier) do update set
               customers = c.customers + excluded.customers, revenue = c.revenue + excluded.revenue,
               profit = coalesce(c.profit + excluded.profit, c.profit, excluded.profit),
               profit_known_for = c.profit_known_for + excluded.profit_known_for,
               moved_back = c.moved_back + excluded.moved_back""",
        back_test_id, [c.month for c in cells], [c.cell.from_tier for c in cells], [c.cell.to_tier for c in cells],
        [c.cell.customers for c in cells], [c.cell.revenue for c in cells], [c.cell.profit for c in cells],
        [c.cell.profit_known_for for c in cells], [c.moved_back for c in cells],
    )  # fmt: skip


async def list_cells(tx: Transaction, back_test_id: UUID) -> list[MonthCell]:
    rows = await tx.raw.fetch(
        """select month, from_tier, to_tier, customers, revenue, profit, profit_known_for, moved_back
           from back_test_cell where back_test_id = $1 order by month, from_tier, to_tier""",
        back_test_id,
    )  # fmt: skip
    return [MonthCell(row[0], SimulationCell(*row[1:7]), row[7]) for row in rows]


@dataclass(frozen=True, slots=True)
class MonthMover:
    month: date
    customer_id: UUID
    outcome: str
    from_tier: str | None
    to_tier: str
    moved_back_in: date | None


async def add_movers(tx: Transaction, back_test_id: UUID, movers: Sequence[MonthMover]) -> None:
    await tx.raw.execute(
        """insert into back_test_mover (back_test_id, month, customer_id, outcome, from_tier, to_tier, moved_back_in)
           select $1, a.* from unnest($2::date[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::date[]) as a""",
        back_test_id, [m.month for m in movers], [m.customer_id for m in movers], [m.outcome for m in movers],
        [m.from_tier for m in movers], [m.to_tier for m in movers], [m.moved_back_in for m in movers],
    )  # fmt: skip


async def list_movers(
    tx: Transaction, back_test_id: UUID, month: date | None, outcome: str | None, after: tuple[date, UUID] | None,
    limit: int,
) -> list[MonthMover]:  # fmt: skip
    rows = await tx.raw.fetch(
        """select month, customer_id, outcome, from_tier, to_tier, moved_back_in from back_test_mover
           where back_test_id = $1 and ($2::date is null or month = $2) and ($3::text is null or outcome = $3)
             and ($4::date is null or (month, customer_id) > ($4, $5::uuid))
           order by month, customer_id limit $6""",
        back_test_id, month, outcome, *(after or (None, None)), limit,
    )  # fmt: skip
    return [MonthMover(*row) for row in rows]


async def count_movers(tx: Transaction, back_test_id: UUID) -> dict[date, dict[str, tuple[int, int]]]:
    """By month and outcome: how many, and how many of them moved back soon."""
    rows = await tx.raw.fetch(
        """select month, outcome, count(*)::int, count(moved_back_in)::int from back_test_mover
           where back_test_id = $1 group by month, outcome""",
        back_test_id,
    )  # fmt: skip
    found: dict[date, dict[str, tuple[int, int]]] = {}
    for month, outcome, customers, moved_back in rows:
        found.setdefault(month, {})[outcome] = customers, moved_back
    return found
