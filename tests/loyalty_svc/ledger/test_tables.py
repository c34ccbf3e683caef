"""What the database itself refuses, and that the tables are what the migration made (L1)."""

from typing import Any

import asyncpg
import pytest

from services.loyalty_svc.ledger.repository import wallets
from services.loyalty_svc.tables import metadata
from shared.messaging import Database
from tests.loyalty_svc.builders import day
from tests.loyalty_svc.support import ANNA, Deliver, earn_points

SERVICE = "loyalty"


async def test_L1_the_database_refuses_what_is_not_balanced_and_any_change_of_the_ledger(
    database: Database, deliver: Deliver
) -> None:
    await earn_points(database, deliver, "100.00", 0)
    for statement in (
        f"insert into posting values (gen_random_uuid(), 'available', '{ANNA}', 5)",
        "update posting set points = points * 2",
        "delete from posting",
        "update entry set points = 7",
        "delete from entry",
        "update wallet set available = -1",
        "update wallet set debt = 5",
        "update lot set remaining = points + 1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await database.run(lambda tx, statement=statement: tx.raw.execute(statement))  # type: ignore[misc]


async def test_L1_tables_are_what_the_migration_made(database: Database) -> None:
    rows = await database.run(
        lambda tx: tx.raw.fetch(
            "select table_name, column_name, is_nullable from information_schema.columns where table_schema = 'public'"
        )
    )
    migrated = {(row["table_name"], row["column_name"], row["is_nullable"] == "YES") for row in rows}
    declared = {(t.name, c.name, bool(c.nullable)) for t in metadata.sorted_tables for c in t.columns}
    names = {table.name for table in metadata.sorted_tables}
    assert {row for row in migrated if row[0] in names} == declared


async def test_L1_only_the_lots_that_can_be_needed_are_loaded(database: Database, deliver: Deliver) -> None:
    for number in range(10):
        await earn_points(database, deliver, "10.00", number, order=number + 1)

    async def load(tx: Any) -> list[int]:
        wallet = await wallets.load_wallet(tx, ANNA)
        await wallets.load_first_lots(tx, {ANNA: wallet}, {ANNA: 25})
        return [lot.remaining for lot in wallet.lots.values()]

    assert await database.run(load, at=day(20)) == [10, 10, 10]
