"""SQL of simulations (T9): who would go from where to where, with what they bring; key accounts among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class Cell:
    """Customers that go from one tier to another ('': none yet), or stay; and what they brought in the window."""

    from_tier: str
    to_tier: str
    customers: int
    revenue: Decimal
    profit: Decimal | None
    profit_known_for: Decimal

    def plus(self, other: "Cell") -> "Cell":
        profits = [profit for profit in (self.profit, other.profit) if profit is not None]
        return Cell(
            self.from_tier, self.to_tier, self.customers + other.customers, self.revenue + other.revenue,
            sum(profits, Decimal(0)) if profits else None, self.profit_known_for + other.profit_known_for,
        )  # fmt: skip


async def add_cells(tx: Transaction, run_id: UUID, cells: Sequence[Cell]) -> None:
    await tx.raw.execute(
        """insert into evaluation_cell as c (run_id, from_tier, to_tier, customers, revenue, profit, profit_known_for)
           select $1, a.* from unnest($2::text[], $3::text[], $4::int[], $5::numeric[], $6::numeric[], $7::numeric[])
                as a(from_tier, to_tier, customers, revenue, profit, known)
           on conflict (run_id, from_tier, to_tier) do update set
               customers = c.customers + excluded.customers, revenue = c.revenue + excluded.revenue,
               profit = coalesce(c.profit + excluded.profit, c.profit, excluded.profit),
               profit_known_for = c.profit_known_for + excluded.profit_known_for""",
        run_id, [c.from_tier for c in cells], [c.to_tier for c in cells], [c.customers for c in cells],
        [c.revenue for c in cells], [c.profit for c in cells], [c.profit_known_for for c in cells],
    )  # fmt: skip


async def list_cells(tx: Transaction, run_id: UUID) -> list[Cell]:
    rows = await tx.raw.fetch(
        """select from_tier, to_tier, customers, revenue, profit, profit_known_for from evaluation_cell
           where run_id = $1 order by from_tier, to_tier""",
        run_id,
    )  # fmt: skip
    return [Cell(*row) for row in rows]
