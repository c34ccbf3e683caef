"""The text of statements: pieces that fit into larger ones."""

from shared.sql import Upsert, given_rows, insert_statement, unnest, update_statement
from shared.sql.values import type_of
from tests.shared.sql.tables import sample, tally


def test_types_are_postgres_own_names_without_lengths() -> None:
    assert {column.name: type_of(column) for column in sample.columns} == {
        "id": "uuid", "word": "text", "code": "varchar", "small": "smallint", "whole": "int", "large": "bigint",
        "amount": "numeric", "ratio": "float", "yes": "bool", "day": "date", "at": "timestamptz", "lasts": "interval",
        "bytes": "bytea", "document": "jsonb", "effective": "tstzrange", "words": "text[]", "numbers": "int[]",
        "amounts": "numeric[]", "ids": "uuid[]", "days": "date[]", "instants": "timestamptz[]", "marks": "bool[]",
        "blobs": "bytea[]", "spans": "interval[]",
    }  # fmt: skip


def test_lists_as_rows() -> None:
    assert unnest("asked", id=sample.c.id, months="int") == "unnest($1::uuid[], $2::int[]) as asked(id, months)"
    assert (
        unnest("asked", first=3, ordinality="n", order=tally.c.order)
        == 'unnest($3::text[]) with ordinality as asked("order", n)'
    )


def test_rows_of_a_table_s_types() -> None:
    assert given_rows(sample, ("id", "words"), alias="a", first=2) == "unnest($2::uuid[], $3::text[]) as a(id, words)"


def test_an_insert_quotes_what_sql_reserves_and_casts_arrays_after_the_unnest() -> None:
    assert insert_statement(sample, ("id", "words"), shared=("at",), first=2) == (
        "insert into sample (id, words, at)\n"
        "select given.id, given.words::text[], $4::timestamptz\n"
        "from unnest($2::uuid[], $3::text[]) as given(id, words)"
    )
    assert insert_statement(tally, ("from", "customers"), on_conflict=Upsert(key=("from",)), returning=("from",)) == (
        'insert into tally ("from", customers)\n'
        'select given."from", given.customers\n'
        'from unnest($1::text[], $2::int[]) as given("from", customers)\n'
        'order by given."from"\n'
        'on conflict ("from") do update set customers = excluded.customers\n'
        'returning tally."from"'
    )


def test_an_update_matches_its_key() -> None:
    assert update_statement(
        tally, ("from", "note"), key=("from",), shared=("changed_at",), where="tally.note is null"
    ) == (
        "update tally set note = given.note, changed_at = $3::timestamptz\n"
        'from unnest($1::text[], $2::text[]) as given("from", note)\n'
        'where tally."from" = given."from" and (tally.note is null)'
    )


def test_a_statement_is_made_once() -> None:
    upserts = [Upsert(expressions={"note": "excluded.note"}, add=("customers",)) for _ in range(2)]
    made = [insert_statement(tally, ("from", "note", "customers"), on_conflict=upsert) for upsert in upserts]
    assert made[0] is made[1]
