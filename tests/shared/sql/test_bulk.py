"""Many rows in one statement: every row arrives exactly, of every column type, however it is given."""

import asyncio
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg import Range
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.messaging import Database
from shared.sql import JsonText, Upsert, insert_columns, insert_many, update_columns, update_many
from tests.shared.sql.tables import sample, tally

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
days = st.dates(date(1900, 1, 1), date(2200, 1, 1))
instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
amounts = st.decimals(-(10**15), 10**15, places=4)
spans = st.integers(-(10**12), 10**12).map(lambda us: timedelta(microseconds=us))
integers = st.integers(-(2**31), 2**31 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
ranges = st.tuples(instants, instants).map(lambda pair: Range(min(pair), max(pair) + timedelta(seconds=1)))
OF_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "word": text, "code": text.map(lambda word: word[:10]), "small": st.integers(-(2**15), 2**15 - 1),
    "whole": integers, "large": st.integers(-(2**63), 2**63 - 1), "amount": amounts,
    "ratio": st.floats(allow_nan=False), "yes": st.booleans(), "day": days, "at": instants, "lasts": spans,
    "bytes": st.binary(max_size=12), "document": json_values.filter(lambda value: value is not None),
    "effective": ranges, "words": st.lists(st.none() | text, max_size=4), "numbers": st.lists(integers, max_size=4),
    "amounts": st.lists(amounts, max_size=4), "ids": st.lists(st.uuids(), max_size=4),
    "days": st.lists(days, max_size=4), "instants": st.lists(instants, max_size=4),
    "marks": st.lists(st.booleans(), max_size=4), "blobs": st.lists(st.binary(max_size=6), max_size=3),
    "spans": st.lists(spans, max_size=3),
}  # fmt: skip


async def read(database: Database, order: str = "id") -> list[dict[str, Any]]:
    rows = await database.run(lambda tx: tx.raw.fetch(f'select * from sample order by "{order}"'))
    return [dict(row) for row in rows]


async def tallies(database: Database) -> list[tuple[Any, ...]]:
    rows = await database.run(
        lambda tx: tx.raw.fetch('select "from", "order", customers, revenue, note from tally order by 1, 2')
    )
    return [tuple(row) for row in rows]


def test_every_type_of_the_table_is_tried() -> None:
    assert {column.name for column in sample.columns} == {"id", *OF_TYPE}


@FEW
@given(rows=st.lists(st.fixed_dictionaries({name: st.none() | kind for name, kind in OF_TYPE.items()}), max_size=6))
async def test_every_row_arrives_exactly(rows: list[dict[str, Any]], database: Database) -> None:
    await database.run(lambda tx: tx.raw.execute("truncate sample"))
    rows = [{"id": uuid4(), **row} for row in rows]
    assert await database.run(lambda tx: insert_many(tx, sample, rows)) == len(rows)
    assert await read(database) == sorted(rows, key=lambda row: row["id"].bytes)


@FEW
@given(rows=st.lists(st.fixed_dictionaries({name: st.none() | kind for name, kind in OF_TYPE.items()}), max_size=6))
async def test_every_row_is_updated_exactly(rows: list[dict[str, Any]], database: Database) -> None:
    await database.run(lambda tx: tx.raw.execute("truncate sample"))
    rows = [{"id": uuid4(), **row} for row in rows]
    await database.run(lambda tx: insert_many(tx, sample, rows, columns=("id",)))
    assert await database.run(lambda tx: update_many(tx, sample, rows, key=("id",))) == len(rows)
    assert await read(database) == sorted(rows, key=lambda row: row["id"].bytes)


@FEW
@given(shared=st.fixed_dictionaries({name: st.none() | kind for name, kind in OF_TYPE.items()}))
async def test_a_shared_value_is_in_every_row(shared: dict[str, Any], database: Database) -> None:
    await database.run(lambda tx: tx.raw.execute("truncate sample"))
    ids = sorted((uuid4(), uuid4()), key=lambda id_: id_.bytes)
    await database.run(lambda tx: insert_columns(tx, sample, {"id": ids}, shared=shared))
    assert await read(database) == [{"id": id_, **shared} for id_ in ids]


async def test_no_rows_no_statement() -> None:
    class NoConnection:
        @property
        def raw(self) -> Any:
            raise AssertionError("a statement")

    tx = NoConnection()
    assert await insert_many(tx, sample, []) == 0
    assert await insert_many(tx, sample, iter(()), returning=("id",)) == []
    assert await insert_columns(tx, sample, {"id": [], "word": []}) == 0
    assert await update_many(tx, sample, [], key=("id",)) == 0


@dataclass(frozen=True, slots=True)
class AsDataclass:
    id: UUID
    word: str | None
    whole: int


class AsNamedTuple(NamedTuple):
    id: UUID
    word: str | None
    whole: int


@pytest.mark.parametrize(
    "as_row", [AsDataclass, AsNamedTuple, lambda *v: v, lambda i, w, n: {"id": i, "word": w, "whole": n}]
)
async def test_rows_may_be_of_any_kind(as_row: Any, database: Database) -> None:
    values = sorted(((uuid4(), word, n) for n, word in enumerate(("a", None, "c"))), key=lambda row: row[0].bytes)
    names = ("id", "word", "whole")
    rows = [as_row(*row) for row in values]
    await database.run(lambda tx: insert_many(tx, sample, rows, columns=names))
    assert [(row["id"], row["word"], row["whole"]) for row in await read(database)] == values


async def test_columns_pick_from_richer_rows(database: Database) -> None:
    rows = [AsDataclass(uuid4(), "not this", 7)]
    await database.run(lambda tx: insert_many(tx, sample, rows, columns=("id", "whole")))
    await database.run(
        lambda tx: insert_many(tx, sample, [AsNamedTuple(uuid4(), "nor this", 7)], columns=("id", "whole"))
    )
    await database.run(lambda tx: insert_many(tx, sample, [AsDataclass(uuid4(), "x", 0)], columns=("id",)))
    assert [(row["word"], row["whole"]) for row in await read(database, "whole")] == [
        (None, 7),
        (None, 7),
        (None, None),
    ]


async def test_json_text_goes_in_as_it_is_and_other_text_is_a_json_string(database: Database) -> None:
    given = {"id": [uuid4(), uuid4(), uuid4(), uuid4()], "whole": [1, 2, 3, 4],
             "document": [JsonText('{"a": 1}'), '{"a": 1}', JsonText("null"), None]}  # fmt: skip
    await database.run(lambda tx: insert_columns(tx, sample, given))
    rows = await database.run(
        lambda tx: tx.raw.fetch("select document, document is null as missing from sample order by whole")
    )
    assert [tuple(row) for row in rows] == [({"a": 1}, False), ('{"a": 1}', False), (None, False), (None, True)]


@pytest.mark.parametrize("value", [math.nan, {"amount": Decimal("1.10")}, {"at": AT}])
async def test_what_json_does_not_have_is_refused(value: Any, database: Database) -> None:
    with pytest.raises((TypeError, ValueError)):
        await database.run(lambda tx: insert_many(tx, sample, [{"id": uuid4(), "document": value}]))


async def test_a_value_too_long_for_its_column_is_refused_not_cut(database: Database) -> None:
    with pytest.raises(asyncpg.StringDataRightTruncationError):
        await database.run(lambda tx: insert_many(tx, sample, [{"id": uuid4(), "code": "12345678901"}]))


async def test_rows_that_differ_are_refused() -> None:
    tx: Any = None
    with pytest.raises(ValueError, match="different columns"):
        await insert_many(tx, sample, [{"id": uuid4(), "word": "a"}, {"id": uuid4()}])
    with pytest.raises(ValueError, match="different lengths"):
        await insert_columns(tx, sample, {"id": [uuid4()], "word": []})
    with pytest.raises(TypeError, match="no column colour"):
        await insert_many(tx, sample, [{"id": uuid4(), "colour": "red"}])
    with pytest.raises(TypeError, match="names of their columns"):
        await insert_many(tx, sample, [(uuid4(),)])
    with pytest.raises(TypeError, match="is a mapping, a dataclass or a tuple"):
        await insert_many(tx, sample, [object()])
    with pytest.raises(TypeError, match="on_conflict='nothing'"):
        await insert_many(tx, tally, [{"from": "a", "order": "b"}], on_conflict=Upsert())


def row(customers: int, revenue: str | None, note: str | None = None, order: str = "1") -> dict[str, Any]:
    money = None if revenue is None else Decimal(revenue)
    return {"from": "a", "order": order, "customers": customers, "revenue": money, "note": note}


async def test_a_row_that_is_there_is_an_error_unless_said_otherwise(database: Database) -> None:
    await database.run(lambda tx: insert_many(tx, tally, [row(1, "1")]))
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.run(lambda tx: insert_many(tx, tally, [row(2, "2")]))
    both = [row(2, "2"), row(3, "3", order="2")]
    assert await database.run(lambda tx: insert_many(tx, tally, both, on_conflict="nothing")) == 1
    assert await tallies(database) == [("a", "1", 1, Decimal(1), None), ("a", "2", 3, Decimal(3), None)]


async def test_an_upsert_replaces_adds_and_computes(database: Database) -> None:
    await database.run(lambda tx: insert_many(tx, tally, [row(1, "1", "old")]))
    await database.run(lambda tx: insert_many(tx, tally, [row(2, "2", "new")], on_conflict=Upsert()))
    assert await tallies(database) == [("a", "1", 2, Decimal(2), "new")]
    revenue = {"revenue": "coalesce(tally.revenue + excluded.revenue, tally.revenue, excluded.revenue)"}
    adding = Upsert(add=("customers",), expressions=revenue)
    await database.run(lambda tx: insert_many(tx, tally, [row(5, None, "newer")], on_conflict=adding))
    assert await tallies(database) == [("a", "1", 7, Decimal(2), "newer")]
    only = Upsert(replace=("note",), key=("from", "order"), where="tally.customers > 7")
    assert await database.run(lambda tx: insert_many(tx, tally, [row(9, "9", "no")], on_conflict=only)) == 0
    assert await tallies(database) == [("a", "1", 7, Decimal(2), "newer")]


async def test_returning_gives_the_rows_that_were_written(database: Database) -> None:
    await database.run(lambda tx: insert_many(tx, tally, [row(1, "1")]))
    both = [row(2, "2"), row(3, "3", order="2")]
    written = await database.run(
        lambda tx: insert_many(tx, tally, both, on_conflict="nothing", returning=("order", "customers"))
    )
    assert [tuple(record) for record in written] == [("2", 3)]


async def test_an_update_finds_its_rows_by_a_key_of_several_columns(database: Database) -> None:
    await database.run(
        lambda tx: insert_many(tx, tally, [row(1, "1"), row(2, "2", "kept", order="2"), row(3, "3", order="3")])
    )
    changes = [{"from": "a", "order": order, "customers": 9} for order in ("1", "2", "4")]
    changed = await database.run(
        lambda tx: update_many(
            tx, tally, changes, key=("from", "order"), shared={"changed_at": AT}, where="tally.note is null"
        )
    )
    assert changed == 1
    assert [row[2] for row in await tallies(database)] == [9, 2, 3]


async def test_of_a_row_that_is_updated_twice_the_last_holds(database: Database) -> None:
    await database.run(lambda tx: insert_many(tx, tally, [row(1, "1"), row(2, "2", order="2")]))
    changes = {"from": ["a", "a", "a"], "order": ["1", "2", "1"], "note": ["x", "y", "z"]}
    assert await database.run(lambda tx: update_columns(tx, tally, changes, key=("from", "order"))) == 2
    assert [row[4] for row in await tallies(database)] == ["z", "y"]


async def test_writers_of_the_same_rows_queue_up(database: Database) -> None:
    """In whatever order their rows come: written in the order of the key, they can not lock each other out."""

    async def write(n: int) -> None:
        orders = [str(order) for order in range(200)][:: 1 if n % 2 else -1]
        rows = [row(1, "1", order=order) for order in orders]
        async with database.transaction() as tx:  # one attempt: a deadlock would show
            await insert_many(tx, tally, rows, on_conflict=Upsert(add=("customers", "revenue")))

    await asyncio.gather(*(write(n) for n in range(8)))
    assert {row[2] for row in await tallies(database)} == {8}
