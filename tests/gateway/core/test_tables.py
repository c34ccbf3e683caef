"""The hand-written SQL, the migration and `tables.py` speak of the same columns."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import DateTime, LargeBinary, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Date

from services.gateway import tables
from services.gateway.core.tables import metadata
from services.gateway.intake.domain.deliveries import Delivery
from services.gateway.intake.domain.reversals import Reversal
from services.gateway.intake.repository import accepted_orders as intake
from services.gateway.intake.repository import orders
from services.gateway.receivables.domain import Payment, Receivable
from shared.messaging import Database

SERVICE = "gateway"

TYPES = {
    Uuid: "uuid", Text: "text", DateTime: "timestamp with time zone", Date: "date", Numeric: "numeric", JSONB: "jsonb",
    LargeBinary: "bytea",
}  # fmt: skip
SERVICE_FOLDER = Path(tables.__file__).parent


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
async def test_the_migration_makes_what_tables_say(table: Table, database: Database) -> None:
    rows = await database.run(
        lambda tx: tx.raw.fetch(
            "select column_name, data_type, is_nullable from information_schema.columns where table_name = $1",
            table.name,
        )
    )
    made = {row["column_name"]: (row["data_type"], row["is_nullable"] == "YES") for row in rows}
    assert made == {
        column.name: (TYPES[type(column.type)], bool(column.nullable)) for column in table.columns
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "record"),
    [
        (tables.receivable, Receivable), (tables.payment, Payment), (tables.delivery, Delivery),
        (tables.reversal, Reversal),
    ],
    ids=str,
)  # fmt: skip
def test_a_record_has_all_columns_of_its_table(table: Table, record: type[Any]) -> None:
    """It is inserted by its fields, and read by the columns."""
    assert {field.name for field in fields(record)} == set(table.columns.keys())


def test_every_hand_written_insert_names_all_columns_of_its_table() -> None:
    for file in [*SERVICE_FOLDER.glob("*/repository.py"), *SERVICE_FOLDER.glob("*/repository/*.py")]:
        for name, columns in re.findall(r"insert into (\w+)(?: as \w+)? \(([^)]+)\)", file.read_text()):
            named = {column.strip() for column in columns.split(",")}
            assert named == {column.name for column in tables.metadata.tables[name].columns}, (file.name, name)
    assert set(orders.COLUMNS) == set(tables.customer_order.columns.keys())


async def test_no_statement_of_a_hot_path_scans_a_table(database: Database) -> None:
    """What intake looks up by outside ids is found by an index, however many orders there are."""
    statements = {
        "customer_order": "select * from customer_order where source = 'a' and order_ref = 'b'",
        "customer_reference": "select * from customer_reference where source = 'a' and ref = 'b'",
        "known_customer": "select * from known_customer where customer_id = '01890000-0000-7000-8000-000000000000'",
        "reversal": "select * from reversal where order_id = '01890000-0000-7000-8000-000000000000'",
        "delivery": "select * from delivery where order_id = '01890000-0000-7000-8000-000000000000'",
        "payment": "select * from payment where receivable_id = '01890000-0000-7000-8000-000000000000'",
    }
    async with database.transaction() as tx:
        await tx.raw.execute("set local enable_seqscan = off")
        for table, statement in statements.items():
            plan = "\n".join(row[0] for row in await tx.raw.fetch(f"explain {statement}"))
            assert "Seq Scan" not in plan, (table, plan)


SOME_ORDERS = """
insert into customer_order (id, source, order_ref, customer_id, placed_at, currency, channel, amount, lines,
                            fingerprint, event_id, recorded_at)
select gen_random_uuid(), 'a', n::text, gen_random_uuid(), now(), 'USD', 'web', 1, '[]', '', gen_random_uuid(), now()
from generate_series(1, 500) n
"""
SOME_REFERENCES = """
insert into customer_reference (source, ref, customer_id, registered_at)
select 'a', n::text, gen_random_uuid(), now() from generate_series(1, 500) n
"""


async def test_intakes_first_look_keeps_to_the_indexes_although_it_was_planned_on_small_tables(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await tx.raw.execute(SOME_ORDERS)
        await tx.raw.execute(SOME_REFERENCES)
        await tx.raw.execute("set local plan_cache_mode = force_generic_plan")
        await tx.raw.execute(f"prepare known as {intake.ACCEPTED_ORDERS}")
        rows = await tx.raw.fetch("explain execute known(array['a'], array['b'], array['c'])")
        plan = "\n".join(row[0] for row in rows)
    assert "customer_order_once" in plan
    assert "customer_reference_pkey" in plan
    assert "Seq Scan" not in plan
