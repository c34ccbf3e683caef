"""The access trail is sealed in a chain as its lines settle (P13), and neither lines nor seals can be changed."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import asyncpg
import pytest

from services.profile_svc.audit.handlers import seal_next_lines, seal_settled_lines
from services.profile_svc.audit.repository import add_access
from shared.chassis import Actor
from shared.messaging import Database

SERVICE = "profile"
ANN = Actor("ann", "person")
CUSTOMERS = [UUID(int=1), UUID(int=2)]
NO_MARGIN = timedelta(0)


async def open_the_files(database: Database) -> None:
    await database.run(lambda tx: add_access(tx, ANN, "read", CUSTOMERS))


async def seals(database: Database) -> list[tuple[int, int, bytes]]:
    rows = await database.run(lambda tx: tx.raw.fetch("select number, lines, digest from file_access_seal order by 1"))
    return [tuple(row) for row in rows]


def digest(before: bytes, lines: list[tuple[int, str, str, str, str]]) -> bytes:
    """Worked out by hand: SHA-256 over the digest before and the lines, each as a JSON array as Postgres writes it."""
    texts = [
        f'[{id}, "{at}", "{actor}", "{customer}", "{action}"]' for id, at, actor, customer, action in lines
    ]  # fmt: skip
    return sha256(before + "\n".join(texts).encode()).digest()


async def test_P13_each_seal_is_over_the_one_before_it_and_its_lines(database: Database):
    for _ in range(2):
        await open_the_files(database)
        assert await database.run(lambda tx: seal_next_lines(tx, tx.at + timedelta(hours=1), NO_MARGIN))
    assert not await database.run(lambda tx: seal_next_lines(tx, tx.at + timedelta(hours=1), NO_MARGIN))
    rows = await database.run(
        lambda tx: tx.raw.fetch(
            """select id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), actor, customer_id::text, action
               from file_access order by id"""
        )
    )
    lines = [tuple(row) for row in rows]
    first = digest(b"", lines[:2])
    assert await seals(database) == [(1, 2, first), (2, 2, digest(first, lines[2:]))]


async def test_P13_lines_are_sealed_when_nobody_can_commit_an_earlier_one_any_more(database: Database):
    await open_the_files(database)
    await seal_settled_lines(database, asyncio.Event())
    assert await seals(database) == [], "a minute has not passed"
    async with database.transaction() as tx:  # somebody is at work since before the lines
        await add_access(tx, ANN, "read", CUSTOMERS)
        await open_the_files(database)
        assert not await database.run(lambda other: seal_next_lines(other, other.at + timedelta(hours=1)))


@pytest.mark.parametrize(
    "change",
    [
        "update file_access set actor = 'person:bob'", "delete from file_access",
        "update file_access_seal set digest = ''", "delete from file_access_seal",
    ],
)  # fmt: skip
async def test_P13_the_database_refuses_to_change_lines_and_seals(database: Database, change: str):
    with pytest.raises(asyncpg.CheckViolationError, match="stays as it was written"):
        await database.run(lambda tx: tx.raw.execute(change))
