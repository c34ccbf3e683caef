"""Reading rows as mappings, for repositories that build their queries with SQLAlchemy."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from shared.messaging import Transaction

Row = Mapping[str, Any]


async def fetch_rows(tx: Transaction, query: "Select[Any]") -> list[Row]:
    """All rows of a query, as mappings by column label."""
    rows: Sequence[Any] = (await tx.sql.execute(query)).mappings().all()
    return [dict(row) for row in rows]


async def fetch_row(tx: Transaction, query: "Select[Any]") -> Row | None:
    """The one row of a query, or None; more than one is an error."""
    row = (await tx.sql.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)
