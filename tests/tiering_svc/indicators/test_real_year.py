"""T1 on a real year: every transaction indicator of every customer and month equals what pandas counts."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
import pytest

from services.tiering_svc.core.domain.calendar import shift
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.snapshot import SnapshotRequest
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.real_year import BEGINS, RealYear

SERVICE = "tiering"
TRANSACTION = [code for code, indicator in INDICATORS.items() if indicator.group == "transaction"]
UNIT = 10_000  # amounts as whole ten-thousandths, so that pandas counts them exactly
ENDS = [
    datetime(*shift(BEGINS.date(), month).timetuple()[:3], tzinfo=BEGINS.tzinfo) - timedelta(microseconds=1)
    for month in range(1, 13)
]


def counted(amount: Any) -> Decimal:
    return Decimal(int(amount)) / UNIT


def divided(dividend: Decimal, divisor: Decimal | int) -> Decimal | None:
    return (dividend / divisor).quantize(Decimal("0.0001")) if divisor else None


class Counted:
    """The year as pandas sees it: orders net of what is known to have come back, and what came back."""

    def __init__(self, year: RealYear, known_at: datetime | None) -> None:
        lines, returns = exact(year.lines), exact(year.returns)
        if known_at is not None:  # each fact was recorded when it happened
            lines, returns = lines[lines.placed_at <= known_at], returns[returns.returned_at <= known_at]
        orders = lines.groupby("order").agg(
            customer=("customer", "first"), placed_at=("placed_at", "first"), amount=("amount", "sum"),
            margin=("margin", "sum"), quantity=("quantity", "sum"),
        )  # fmt: skip
        gone = returns.groupby("order")[["amount", "margin", "quantity"]].sum().reindex(orders.index, fill_value=0)
        orders[["amount", "margin", "quantity"]] -= gone
        self.orders = orders[orders.quantity > 0].assign(month=lambda o: o.placed_at.dt.strftime("%Y-%m"))
        self.changes = returns.groupby("return").agg(
            customer=("customer", "first"), at=("returned_at", "first"), amount=("amount", "sum")
        )

    def window(self, as_of: datetime, months: int) -> dict[UUID, dict[str, Any]]:
        begins = pd.Timestamp(f"{shift(as_of.date().replace(day=1), 1 - months)}", tz="UTC")
        until = self.orders[self.orders.placed_at <= as_of]
        ever = until.groupby("customer").placed_at.agg(["min", "max"])
        sums = until[until.placed_at >= begins].groupby("customer").agg(
            orders=("amount", "size"), amount=("amount", "sum"), margin=("margin", "sum"), largest=("amount", "max"),
            first=("placed_at", "min"), last=("placed_at", "max"), active=("month", "nunique"), since=("month", "min"),
        )  # fmt: skip
        back = self.changes[(self.changes["at"] >= begins) & (self.changes["at"] <= as_of)]
        returned = back.groupby("customer").amount.agg(["size", "sum"])
        customers = ever.index.union(returned.index)
        table = sums.reindex(customers).join(ever).join(returned)
        return {row.Index: expected(row._asdict(), as_of) for row in table.itertuples()}


def exact(rows: pd.DataFrame) -> pd.DataFrame:
    amount, cost = ((rows[name] * UNIT).astype("int64") for name in ("amount", "unit_cost"))
    return rows.assign(amount=amount, margin=amount - cost * rows.quantity)


def expected(row: dict[str, Any], as_of: datetime) -> dict[str, Any]:
    """One customer's indicators of one window. What pandas does not find is None or, where it is a count, 0."""
    values: dict[str, Any] = dict.fromkeys(TRANSACTION) | NOTHING_COUNTED
    day = timedelta(days=1)
    for code, name in (("days_since_first_order", "min"), ("days_since_last_order", "max")):
        values[code] = None if pd.isna(row[name]) else (as_of - row[name].to_pydatetime()) // day
    came_back = not pd.isna(row["size"])
    returned = counted(row["sum"]) if came_back else Decimal(0)
    if came_back:
        values |= {
            "returned_count": int(row["size"]),
            "returned_amount": returned,
            "return_rate": divided(returned, returned),
        }
    if pd.isna(row["orders"]):
        return values
    count, amount, margin = int(row["orders"]), counted(row["amount"]), counted(row["margin"])
    seconds = Decimal((row["last"] - row["first"]).to_pytimedelta() // timedelta(seconds=1))
    since = datetime.strptime(row["since"], "%Y-%m")  # noqa: DTZ007 - a month
    lasted = (as_of.year - since.year) * 12 + as_of.month - since.month + 1
    return values | {
        "orders": count, "amount": amount, "margin": margin, "margin_rate": divided(margin, amount),
        "average_order": divided(amount, count), "largest_order": counted(row["largest"]), "returned_amount": returned,
        "return_rate": divided(returned, amount + returned), "active_months": int(row["active"]),
        "average_cycle": divided(seconds, 86_400 * (count - 1)), "expected_sales": divided(amount, lasted),
    }  # fmt: skip


NOTHING_COUNTED = {"orders": 0, "returned_count": 0, "active_months": 0, "returned_amount": Decimal(0)}
NOBODY = dict.fromkeys(TRANSACTION) | NOTHING_COUNTED


@pytest.mark.parametrize("months", [1, 3, 12])
async def test_T1_every_transaction_indicator_of_every_customer_and_month(real_year, real_year_database, months):
    year = Counted(real_year, None)
    await compare(real_year, real_year_database, year, ENDS, months, None)


@pytest.mark.parametrize("known_at", [ENDS[0], ENDS[5] + timedelta(days=10), ENDS[11]])
async def test_T1_as_known_at_an_earlier_instant(real_year, real_year_database, known_at):
    """Of facts recorded by then alone: late ones change nothing, whatever instant the question is about."""
    year = Counted(real_year, known_at)
    await compare(real_year, real_year_database, year, [ENDS[0], ENDS[6], ENDS[11]], 12, known_at)


async def compare(real_year, database, year, ends, months, known_at):
    customers = real_year.customers
    questions = [(customer, end, months) for end in ends for customer in customers]
    requests = [SnapshotRequest(*request) for request in questions]
    snapshots = await database.run(lambda tx: load_snapshots(tx, requests, classes={"transaction"}, known_at=known_at))
    wanted = {end: year.window(end, months) for end in ends}
    nothing = 0
    for (customer, end, _), known in zip(questions, snapshots, strict=True):
        values = {code: INDICATORS[code].value(known) for code in TRANSACTION}
        assert values == wanted[end].get(customer, NOBODY), (customer, end)
        nothing += values["orders"] == 0
    assert nothing < len(questions) / 2  # the comparison was of something


async def test_T1_the_months_of_the_year_are_the_sums_of_its_facts(real_year, real_year_database):
    assert await broken_invariants(real_year_database) == []
    counted_lines = real_year.lines.order.nunique()
    assert await real_year_database.run(lambda tx: tx.raw.fetchval("select count(*) from order_fact")) == counted_lines


async def test_T1_nobody_can_write_into_the_year_that_all_tests_share(real_year_database, real_year_copy):
    with pytest.raises(Exception, match="read-only"):
        await real_year_database.run(lambda tx: tx.raw.execute("delete from order_fact"))
    await real_year_copy.run(lambda tx: tx.raw.execute("delete from order_change"))
