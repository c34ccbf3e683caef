"""The access trail is sealed in a chain as its lines settle (P13), and neither lines nor seals can be changed."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import asyncpg
import pytest

from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.chassis.audit.sealing import seal_next_lines, seal_settled_lines
from shared.chassis.audit.trail import list_broken_seals
from shared.messaging import Database

SERVICE = "profile"
TOPIC = "patron.profile"
ANN = Actor("ann", "person")
CUSTOMERS = [UUID(int=1), UUID(int=2)]
NO_MARGIN = timedelta(0)


async def open_the_files(database: Database) -> None:
    await database.run(lambda tx: add_access(tx, ANN, "read", CUSTOMERS))


async def seals(database: Database) -> list[tuple[int, int, bytes]]:
    rows = await database.run(lambda tx: tx.raw.fetch("select number, lines, digest from access_trail_seal order by 1"))
    return [tuple(row) for row in rows]


def digest(before: bytes, lines: list[tuple[int, str, str, str, str]]) -> bytes:
    """Worked out by hand: SHA-256 over the digest before and the lines, each as a JSON array as Postgres writes it."""
    texts = [
        f'[{number}, "{at}", "{actor}", "{customer}", "{action}", null, [], null]'
        for number, at, actor, customer, action in lines
    ]  # fmt: skip
    return sha256(before + "\n".join(texts).encode()).digest()


async def test_P13_each_seal_is_over_the_one_before_it_and_its_lines(database: Database):
    for _ in range(2):
        await open_the_files(database)
        assert await database.run(lambda tx: seal_next_lines(tx, TOPIC, tx.at + timedelta(hours=1), NO_MARGIN))
    assert not await database.run(lambda tx: seal_next_lines(tx, TOPIC, tx.at + timedelta(hours=1), NO_MARGIN))
    rows = await database.run(
        lambda tx: tx.raw.fetch(
            """select id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), actor, customer_id::text, action
               from access_trail order by id"""
        )
    )
    lines = [tuple(row) for row in rows]
    first = digest(b"", lines[:2])
    assert await seals(database) == [(1, 2, first), (2, 2, digest(first, lines[2:]))]


async def test_P13_lines_are_sealed_when_nobody_can_commit_an_earlier_one_any_more(database: Database):
    await open_the_files(database)
    await seal_settled_lines(database, TOPIC, asyncio.Event())
    assert await seals(database) == [], "a minute has not passed"
    async with database.transaction() as tx:  # somebody is at work since before the lines
        await add_access(tx, ANN, "read", CUSTOMERS)
        await open_the_files(database)
        assert not await database.run(lambda other: seal_next_lines(other, TOPIC, other.at + timedelta(hours=1)))


@pytest.mark.parametrize(
    "change",
    [
        "update access_trail set actor = 'person:bob'", "delete from access_trail",
        "update access_trail_seal set digest = ''", "delete from access_trail_seal",
    ],
)  # fmt: skip
async def test_P13_the_database_refuses_to_change_lines_and_seals(database: Database, change: str):
    with pytest.raises(asyncpg.CheckViolationError, match="stays as it was written"):
        await database.run(lambda tx: tx.raw.execute(change))


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("update access_trail set actor = 'person:bob' where id = (select min(id) + 1 from access_trail)", [1]),
        ("delete from access_trail where id = (select max(id) from access_trail)", [2]),
        (
            """with first as (select min(id) as id from access_trail)
               update access_trail a set actor = b.actor, customer_id = b.customer_id
               from access_trail b, first where (a.id, b.id) in ((first.id, first.id + 1), (first.id + 1, first.id))""",
            [1],
        ),
        ("update access_trail_seal set digest = sha256(digest) where number = 1", [1, 2]),
        ("delete from access_trail_seal where number = 1", [2]),
    ],
    ids=["an edit", "a deletion", "a swap", "a seal altered", "a seal taken out"],
)
async def test_P13_the_chain_shows_what_was_tampered_with(database: Database, tampering: str, broken: list[int]):
    for _ in range(2):
        await open_the_files(database)
        await database.run(lambda tx: seal_next_lines(tx, TOPIC, tx.at + timedelta(hours=1), NO_MARGIN))
    assert await database.run(list_broken_seals) == []
    async with database.transaction() as tx:
        for table in ("access_trail", "access_trail_seal"):
            await tx.raw.execute(f"alter table {table} disable trigger user")
        await tx.raw.execute(tampering)
    assert await database.run(list_broken_seals) == broken


async def test_P13_a_tail_that_is_cut_off_was_announced(database: Database, announced):
    for _ in range(2):
        await open_the_files(database)
        await database.run(lambda tx: seal_next_lines(tx, TOPIC, tx.at + timedelta(hours=1), NO_MARGIN))
    sealed = [(e.number, e.last_line, bytes.fromhex(e.digest)) for e in await announced()]
    rows = await database.run(
        lambda tx: tx.raw.fetch("select number, last_id, digest from access_trail_seal order by number")
    )
    assert sealed == [tuple(row) for row in rows]
    assert [number for number, *_ in sealed] == [1, 2]


SEAL = """
import asyncio, sys
from datetime import timedelta
from shared.chassis.audit.sealing import seal_next_lines
from shared.messaging import Database
database = Database(sys.argv[1])
none, hour = timedelta(0), timedelta(hours=1)
asyncio.run(database.run(lambda tx: seal_next_lines(tx, "patron.profile", tx.at + hour, none)))
"""


async def test_P13_a_sealer_that_is_killed_before_its_commit_leaves_no_seal_and_the_next_one_seals_once(
    database: Database, announced
):
    await open_the_files(database)
    command = (sys.executable, "-c", SEAL, database.url)
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | {"PATRON_FAULT": "sealer.before_commit:1"}
    )
    assert await process.wait() == -signal.SIGKILL
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0
    [(number, lines, _)] = await seals(database)
    assert (number, lines) == (1, len(CUSTOMERS))
    assert [event.number for event in await announced()] == [1]
