"""Whatever intake accepts can be counted, for a customer's whole life: amounts just below what it refuses (T1)."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric

from services.gateway.core.domain import GREATEST
from services.tiering_svc import tables
from services.tiering_svc.subscriptions import subscriptions
from shared.messaging import Database
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.shorthand import at

SERVICE = "tiering"
ANN = UUID(int=1)
MOST = GREATEST - Decimal("0.01")


async def test_T1_many_orders_of_the_greatest_amount_are_counted(database: Database) -> None:
    orders = [placed(ANN, at(day), str(MOST)) for day in range(1, 26)]
    for some in (orders[:1], orders[1:20], orders[20:]):
        await harness.deliver(database, subscriptions, some)
    assert await summed(database) == (25 * MOST, 0)
    await harness.deliver(database, subscriptions, [returned(order, at(28)) for order in orders])
    assert await summed(database) == (0, 25 * MOST)


async def summed(database: Database) -> tuple[Decimal, ...]:
    row = await database.run(lambda tx: tx.raw.fetchrow("select amount, returned_amount from indicator_month"))
    return tuple(row.values())


async def test_a_margin_far_below_zero_is_counted(database: Database) -> None:
    cost = (GREATEST - 1) / 100
    orders = [placed(ANN, at(day), "1.00", cost=str(cost), quantity=100) for day in range(1, 26)]
    await harness.deliver(database, subscriptions, orders)
    assert await database.run(lambda tx: tx.raw.fetchval("select margin from indicator_month")) == 25 * (2 - GREATEST)


async def test_money_is_as_wide_as_the_code_declares(database: Database) -> None:
    rows = await database.run(
        lambda tx: tx.raw.fetch(
            """select table_name, column_name, numeric_precision, numeric_scale from information_schema.columns
               where table_schema = 'public' and data_type = 'numeric'"""
        )
    )
    made = {(table, column): (precision, scale) for table, column, precision, scale in (row.values() for row in rows)}
    declared = {
        (table.name, column.name): (column.type.precision, column.type.scale)
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Numeric)
    }
    assert declared == {name: made[name] for name in declared}
