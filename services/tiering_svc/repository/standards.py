"""SQL of standards: versioned documents of which the newest is in force."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import not_found
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class Standard:
    name: str
    version: int
    document: Mapping[str, Any]
    author: str
    created_at: datetime


async def load_standard(tx: Transaction, name: str, version: int | None = None) -> Standard:
    """The version in force, or the one asked for."""
    row = await tx.raw.fetchrow(
        """select name, version, document, author, created_at from standard
           where name = $1 and ($2::int is null or version = $2) order by version desc limit 1""",
        name, version,
    )  # fmt: skip
    if row is None:
        raise not_found("standard_not_found", "There is no such version.")
    return Standard(**row)


async def list_standards(tx: Transaction, name: str) -> list[Standard]:
    """All versions, newest first."""
    rows = await tx.raw.fetch(
        "select name, version, document, author, created_at from standard where name = $1 order by version desc", name
    )
    return [Standard(**row) for row in rows]


async def lock_standard(tx: Transaction, name: str) -> int:
    """The version in force, held until the end of the change."""
    newest: int | None = await tx.raw.fetchval(
        "select version from standard where name = $1 order by version desc limit 1 for update", name
    )
    if newest is None:
        raise not_found("standard_not_found", "There is no such standard.")
    return newest


async def add_standard(tx: Transaction, name: str, version: int, document: Mapping[str, Any], author: str) -> None:
    await tx.raw.execute(
        "insert into standard (name, version, document, author, created_at) values ($1, $2, $3::jsonb, $4, $5)",
        name, version, json.dumps(document, ensure_ascii=False), author, tx.at,
    )  # fmt: skip
