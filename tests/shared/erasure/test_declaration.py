"""What a service says of its tables makes statements that erase it all, once (P13), without a service's database."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.erasure.declaration import Apart, PersonalData, Rows, emptied, nulled
from shared.erasure.statements import erase_statement, left_statement

TALK = Rows("t.customer_id = any($1)", blank=nulled("phone mail") | emptied("note"), codes="kind", renew={"seen": "1"})
GONE = Rows("t.customer_id = any($1)", delete=True)
ONLY_CODES = Rows("t.customer_id = any($1)", codes="role source")


def rows_with(condition: str, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows of a table `t` (phone, mail, note, kind) for which a condition holds, as SQLite reads it."""
    with sqlite3.connect(":memory:") as database:
        database.execute("create table t (phone, mail, note, kind)")
        database.executemany("insert into t values (?, ?, ?, ?)", rows)
        return database.execute(f"select * from t where {condition}").fetchall()


TEXTS = st.none() | st.sampled_from(["", "x"])
TALKS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), max_size=6)


@given(TALKS)
def test_P13_what_is_left_is_what_an_erasure_would_change(rows: list[tuple[str | None, ...]]) -> None:
    """A phone that is not null, a note that has a word; a kind is a code and never counts."""
    expected = [row for row in rows if row[0] is not None or row[1] is not None or row[2] not in (None, "")]
    assert rows_with(TALK.left, rows) == expected


@given(TALKS)
def test_P13_an_erased_row_has_nothing_left(rows: list[tuple[str | None, ...]]) -> None:
    """Else an erasure would go on for ever: it ends where no row is left."""
    with sqlite3.connect(":memory:") as database:
        database.execute("create table t (phone, mail, note, kind)")
        database.executemany("insert into t values (?, ?, ?, ?)", rows)
        database.execute("update t set " + ", ".join(f"{column} = {value}" for column, value in TALK.blank.items()))
        assert database.execute(f"select * from t where {TALK.left}").fetchall() == []
        kept = database.execute("select note is null, kind from t").fetchall()
    assert kept == [(int(row[2] is None), row[3]) for row in rows]  # that nothing was said still shows


def test_P13_a_table_whose_rows_go_has_something_left_while_it_has_a_row() -> None:
    assert rows_with(GONE.left, [(None, None, None, None)]) == [(None, None, None, None)]
    assert (erase_statement("talk", GONE) or "").startswith("delete from talk ")


def test_P13_a_table_of_codes_has_nothing_to_erase() -> None:
    assert (ONLY_CODES.left, erase_statement("team", ONLY_CODES)) == ("", None)


def test_P13_a_row_that_is_blanked_is_renewed_and_others_are_not_touched() -> None:
    statement = erase_statement("talk", TALK)
    assert statement is not None
    values, _, chosen = statement.removeprefix("update talk t set ").partition(" where ")
    assert {value.partition(" = ")[0] for value in values.split(", ")} == {"phone", "mail", "note", "seen"}
    assert f"({TALK.of})" in chosen
    assert f"({TALK.left})" in chosen  # renewing alone is no reason to touch a row
    assert "seen" not in TALK.left
    assert "limit $2" in chosen


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (TALK, {"phone", "mail", "note", "kind", "seen"}),
        (ONLY_CODES, {"role", "source"}),
        (Apart("rules of the company", "kind slot"), {"kind", "slot"}),
        (Apart("positions"), set()),
        (GONE, set()),
    ],
)
def test_P13_every_column_that_was_spoken_of_is_named(table: Rows | Apart, columns: set[str]) -> None:
    assert table.columns == columns


def test_P13_tables_are_erased_in_the_order_in_which_they_are_declared() -> None:
    """What others are found by is declared last; a table apart has no turn, and codes are never left."""
    data = PersonalData("x", {"talk": TALK, "rules": Apart("rules"), "team": ONLY_CODES, "customer": GONE})
    assert [name for name, _ in data.rows] == ["talk", "team", "customer"]
    left = left_statement(data)
    assert [part.split("'")[1] for part in left.split(" union all ")] == ["talk", "customer"]
    assert "$1" not in left  # it asks for all who were erased
