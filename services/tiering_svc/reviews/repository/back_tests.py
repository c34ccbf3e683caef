"""SQL of back-tests (T9): what is replayed, measured values by month, and what the months would have been like."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.reviews.domain.simulation import BenefitCosts, SimulationCell
from services.tiering_svc.reviews.tables.back_tests import back_test, back_test_cell, back_test_mover
from shared.chassis import DataScope
from shared.errors import not_found
from shared.jobs import Job, job_columns, job_of
from shared.messaging import Transaction
from shared.sql import Upsert, insert_many

POLICY_BACK_TEST = "policy_back_test"  # the kind of job

NAMES = (
    "policy_id",
    "policy_version",
    "first_month",
    "last_month",
    "known",
    "known_at",
    "cutoffs",
    "populations",
    "costs",
)
SELECT = f"""select {", ".join(f"b.{name}" for name in NAMES)}, {job_columns("j")}
from back_test b join job j on j.id = b.back_test_id"""


@dataclass(frozen=True, slots=True)
class PolicyBackTest:
    """A policy replayed over past month-ends, and the job that says how far it is."""

    job: Job
    policy_id: UUID
    policy_version: int
    first_month: date
    last_month: date
    known: str
    known_at: datetime
    cutoffs: dict[str, list[dict[str, str]]] | None
    populations: dict[str, Any] | None  # by month, whom shares of customers were counted of
    costs: dict[str, Any] | None  # what a year in a tier costs

    @property
    def back_test_id(self) -> UUID:
        """The job's id."""
        return self.job.id

    def known_by(self, as_of: datetime) -> datetime:
        """By which instant the facts that count for a month's end had been recorded."""
        return as_of if self.known == "then" else self.known_at


async def add_back_test(
    tx: Transaction, job: Job, policy: Policy, first_month: date, last_month: date, known: str,
    costs: BenefitCosts | None = None,
) -> None:  # fmt: skip
    """A back-test that waits. `known`: by what was known `then`, at each month's end, or is known `now`."""
    row = {
        "back_test_id": job.id, "policy_id": policy.policy_id, "policy_version": policy.version,
        "first_month": first_month, "last_month": last_month, "known": known, "known_at": tx.at,
        "costs": None if costs is None else costs.as_data(),
    }  # fmt: skip
    await insert_many(tx, back_test, [row])


async def load_back_test(tx: Transaction, back_test_id: UUID, policy_id: UUID | None = None) -> PolicyBackTest:
    """A back-test, of this policy if it is given; 404 `back_test_not_found`."""
    row = await tx.raw.fetchrow(
        f"{SELECT} where b.back_test_id = $1 and ($2::uuid is null or b.policy_id = $2)", back_test_id, policy_id
    )
    if row is None:
        raise not_found("back_test_not_found", "The policy has no such back-test.")
    return _back_test(row)


async def list_back_tests(tx: Transaction, policy_id: UUID, before: UUID | None, limit: int) -> list[PolicyBackTest]:
    """The back-tests of a policy, newest first: their ids are ordered by time."""
    rows = await tx.raw.fetch(
        f"""{SELECT} where b.policy_id = $1 and ($2::uuid is null or b.back_test_id < $2)
            order by b.back_test_id desc limit $3""",
        policy_id, before, limit,
    )  # fmt: skip
    return [_back_test(row) for row in rows]


def _back_test(row: Mapping[str, Any]) -> PolicyBackTest:
    return PolicyBackTest(job_of(row), *(row[name] for name in NAMES))


async def add_values(tx: Transaction, back_test_id: UUID, after: str | None, values: Mapping[date, list[Any]]) -> None:
    """The measured values of a batch by month, of which cut-offs are found. `after`: where the batch began."""
    await tx.raw.executemany(
        "insert into back_test_value (back_test_id, month, after, measured) values ($1, $2, $3, $4)",
        [(back_test_id, month, after or "", measured) for month, measured in values.items()],
    )


async def list_values(
    tx: Transaction, back_test_id: UUID, month: date, after: str | None, limit: int
) -> list[tuple[str, list[Decimal | None]]]:
    """Batches of a month's measured values with where each began, in the order they were taken."""
    rows = await tx.raw.fetch(
        """select after, measured from back_test_value
           where back_test_id = $1 and month = $2 and ($3::text is null or after > $3) order by after limit $4""",
        back_test_id, month, after, limit,
    )  # fmt: skip
    return [(row["after"], row["measured"]) for row in rows]


async def save_cutoffs(
    tx: Transaction, back_test_id: UUID, cutoffs: Mapping[str, Any], populations: Mapping[str, Any]
) -> None:
    """By month the cut-offs of its customers, and who they were; the values they were found of are needed no longer."""
    await tx.raw.execute(
        "update back_test set cutoffs = $2::jsonb, populations = $3::jsonb where back_test_id = $1",
        back_test_id, json.dumps(cutoffs), json.dumps(populations),
    )  # fmt: skip
    await tx.raw.execute("delete from back_test_value where back_test_id = $1", back_test_id)


@dataclass(frozen=True, slots=True)
class MonthCell:
    """The customers that went from one tier to another at a month's end, and how many of them moved back soon."""

    month: date
    cell: SimulationCell
    moved_back: int


ADD_UP = Upsert(
    add=("customers", "revenue", "profit_known_for", "moved_back"),
    expressions={"profit": "coalesce(back_test_cell.profit + excluded.profit, back_test_cell.profit, excluded.profit)"},
)


async def add_cells(tx: Transaction, back_test_id: UUID, cells: Sequence[MonthCell]) -> None:
    """A batch's customers, added to the cells that are there."""
    rows = [{"month": cell.month, **asdict(cell.cell), "moved_back": cell.moved_back} for cell in cells]
    await insert_many(tx, back_test_cell, rows, shared={"back_test_id": back_test_id}, on_conflict=ADD_UP)


async def list_cells(tx: Transaction, back_test_id: UUID) -> list[MonthCell]:
    """How many went from which tier to which, by month."""
    rows = await tx.raw.fetch(
        """select month, from_tier, to_tier, customers, revenue, profit, profit_known_for, moved_back
           from back_test_cell where back_test_id = $1 order by month, from_tier, to_tier""",
        back_test_id,
    )  # fmt: skip
    return [MonthCell(row[0], SimulationCell(*row[1:7]), row[7]) for row in rows]


@dataclass(frozen=True, slots=True)
class MonthMover:
    """A customer that moved, was placed, or was in its grace period at a month's end; or that orders had placed or
    raised by then."""

    month: date
    customer_id: UUID
    outcome: str
    from_tier: str | None
    to_tier: str
    moved_back_in: date | None


async def add_movers(tx: Transaction, back_test_id: UUID, movers: Sequence[MonthMover]) -> None:
    """The movers of a batch, at most once a customer, month and outcome."""
    await insert_many(tx, back_test_mover, movers, shared={"back_test_id": back_test_id})


@dataclass(frozen=True, slots=True)
class ClassedMover:
    """A mover, and how it was classed at that month's end (T8)."""

    mover: MonthMover
    key_account: list[str] | None  # its kinds, when it was a key account
    excluded: bool


# T8: key accounts and exclusions at the month's end, by what was known then or is known now, as the back-test is.
CLASSED = """
cross join business z cross join lateral (
    select (m.month + interval '1 month') at time zone z.time_zone - interval '1 microsecond' as at
) e left join account_class k on k.customer_id = m.customer_id and k.effective @> e.at
     and k.recorded_at <= case when b.known = 'then' then e.at else b.known_at end
"""


async def list_movers(
    tx: Transaction, back_test_id: UUID, *, month: date | None, outcome: str | None, key_accounts: bool | None,
    excluded: bool | None, after: tuple[date, UUID, str] | None, limit: int, scope: DataScope,
) -> list[ClassedMover]:  # fmt: skip
    """The movers of a back-test in a scope (of one month, of one outcome, if given), by month, customer and outcome.
    `key_accounts`, `excluded`: only those who were then (true), or who were not."""
    values: list[Any] = [
        back_test_id, month, outcome, *(after or (None, None, None)), key_accounts, excluded, limit,
    ]  # fmt: skip
    rows = await tx.raw.fetch(
        f"""select m.month, m.customer_id, m.outcome, m.from_tier, m.to_tier, m.moved_back_in,
                  case when k.class = 'key' then k.kinds end as key_account,
                  coalesce(k.class = 'excluded', false) as excluded
           from back_test b join back_test_mover m using (back_test_id) {CLASSED}
           where b.back_test_id = $1 and ($2::date is null or m.month = $2) and ($3::text is null or m.outcome = $3)
             and ($4::date is null or (m.month, m.customer_id, m.outcome) > ($4, $5::uuid, $6))
             and ($7::bool is null or coalesce(k.class = 'key', false) = $7)
             and ($8::bool is null or coalesce(k.class = 'excluded', false) = $8)
             and {scope.where("m.customer_id", values)}
           order by m.month, m.customer_id, m.outcome limit $9""",
        *values,
    )
    return [ClassedMover(MonthMover(*row[:6]), row[6], row[7]) for row in rows]


async def count_classed(tx: Transaction, back_test_id: UUID) -> dict[tuple[date, str], dict[str, int]]:
    """By month and class (key, excluded) the movers that were in it, by outcome."""
    rows = await tx.raw.fetch(
        f"""select m.month, k.class, m.outcome, count(*)::int
            from back_test b join back_test_mover m using (back_test_id) {CLASSED}
            where b.back_test_id = $1 and k.class is not null group by m.month, k.class, m.outcome""",
        back_test_id,
    )  # fmt: skip
    counts: dict[tuple[date, str], dict[str, int]] = {}
    for month, account_class, outcome, customers in rows:
        counts.setdefault((month, account_class), {})[outcome] = customers
    return counts


async def count_movers(tx: Transaction, back_test_id: UUID) -> dict[date, dict[str, tuple[int, int]]]:
    """Movers by month and outcome: how many, and how many of them moved back soon."""
    rows = await tx.raw.fetch(
        """select month, outcome, count(*)::int, count(moved_back_in)::int from back_test_mover
           where back_test_id = $1 group by month, outcome""",
        back_test_id,
    )  # fmt: skip
    by_month: dict[date, dict[str, tuple[int, int]]] = {}
    for month, outcome, customers, moved_back in rows:
        by_month.setdefault(month, {})[outcome] = customers, moved_back
    return by_month
