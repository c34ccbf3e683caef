"""SQL of the operator's units (P5)."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.profile_svc.units.domain import Unit
from services.profile_svc.units.tables import unit
from shared.errors import conflict, invalid, not_found
from shared.messaging import Transaction

LOCK = 7_061_726_723  # any number, the same in all replicas
DOWN = """
with recursive down (code, depth) as (
    select code, 0 from unit where code = $1
    union all
    select u.code, d.depth + 1 from down d join unit u on u.parent = d.code
)
select u.code, u.name, u.kind, u.parent, u.closed_at, u.version from down d join unit u using (code)
order by d.depth, u.code
"""


async def lock_units(tx: Transaction) -> dict[str, Unit]:
    """All units by code. One change of the tree at a time: two moves that are each right can make a circle together."""
    await tx.raw.execute("select pg_advisory_xact_lock($1)", LOCK)
    return {row.code: _unit(row) for row in await tx.sql.execute(select(unit))}


async def load_unit(tx: Transaction, code: str) -> Unit:
    """The unit of this code; 404 when there is none."""
    row = (await tx.sql.execute(select(unit).where(unit.c.code == code))).one_or_none()
    if row is None:
        raise not_found("unit_not_found", "There is no such unit.")
    return _unit(row)


async def check_open_unit(tx: Transaction, code: str, *, pointer: str = "/unit") -> None:
    """422 when there is no unit of this code, 409 when it is closed. It stays open until the transaction ends."""
    row = (await tx.sql.execute(select(unit).where(unit.c.code == code).with_for_update(read=True))).one_or_none()
    if row is None:
        raise invalid("unit_not_known", "There is no such unit.", pointer=pointer)
    if row.closed_at is not None:
        raise conflict("unit_closed", "The unit is closed: nobody is entered into it.", pointer=pointer)


async def list_units(tx: Transaction, after: str | None, limit: int) -> list[Unit]:
    """A page of all units in the order of their codes, after the given one."""
    query = select(unit).order_by(unit.c.code).limit(limit)
    if after is not None:
        query = query.where(unit.c.code > after)
    return [_unit(row) for row in await tx.sql.execute(query)]


async def list_tree(tx: Transaction, code: str) -> list[Unit]:
    """A unit and all that stand below it, from the top down; none when there is no such unit."""
    return [Unit(**row) for row in await tx.raw.fetch(DOWN, code)]


async def save_unit(tx: Transaction, saved: Unit) -> None:
    """Insert a unit, or write what it is now."""
    values: dict[str, Any] = {
        "name": saved.name,
        "kind": saved.kind,
        "parent": saved.parent,
        "closed_at": saved.closed_at,
        "version": saved.version,
    }
    await tx.sql.execute(
        upsert(unit)
        .values(code=saved.code, recorded_at=tx.at, **values)
        .on_conflict_do_update(index_elements=["code"], set_=values)
    )


def _unit(row: Any) -> Unit:
    return Unit(row.code, row.name, row.kind, row.parent, row.closed_at, row.version)
