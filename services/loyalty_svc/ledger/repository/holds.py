"""Holds: loaded and saved under their customer's lock, and as they are shown."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.loyalty_svc.core.repository import Row, fetch_rows
from services.loyalty_svc.ledger.domain.holds import Hold
from services.loyalty_svc.ledger.tables import hold as hold_table
from shared.errors import DomainError, not_found
from shared.messaging import Transaction
from shared.sql import insert_many, unnest

HOLD = (
    hold_table.c.id, hold_table.c.customer_id, hold_table.c.points, hold_table.c.state, hold_table.c.captured,
    hold_table.c.placed_at, hold_table.c.expires_at, hold_table.c.ended_at, hold_table.c.reference,
)  # fmt: skip


def hold_not_found() -> DomainError:
    """The one answer for a hold that does not exist and for one that is not theirs to see."""
    return not_found("hold_not_found", "There is no such hold.")


async def find_customer_of_hold(tx: Transaction, hold_id: UUID) -> UUID | None:
    """Whose lock to take before the hold is loaded."""
    customer: UUID | None = await tx.raw.fetchval("select customer_id from hold where id = $1", hold_id)
    return customer


async def list_customers_of_holds(tx: Transaction, hold_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The customer of each of these holds that exists, by the hold's id and in its order."""
    rows = await tx.raw.fetch("select id, customer_id from hold where id = any($1::uuid[]) order by id", list(hold_ids))
    return {row["id"]: row["customer_id"] for row in rows}


async def load_hold(tx: Transaction, hold_id: UUID) -> Hold:
    """A hold to be changed, under the customer's lock, which the caller holds. 404 `hold_not_found`."""
    loaded = await load_holds(tx, [hold_id])
    if not loaded:
        raise hold_not_found()
    return loaded[0]


async def load_holds(tx: Transaction, hold_ids: Iterable[UUID]) -> list[Hold]:
    """Those of these holds that exist, to be changed, under their customers' locks, which the caller holds; in the
    order in which they end."""
    rows = await tx.raw.fetch(
        """select id, customer_id, points, parts, expires_at, state, captured from hold
           where id = any($1::uuid[]) order by expires_at, id""",
        list(hold_ids),
    )
    return [_hold(row) for row in rows]


def _hold(row: Mapping[str, Any]) -> Hold:
    parts = tuple((UUID(lot_id), points) for lot_id, points in row["parts"])
    return Hold(row["id"], row["customer_id"], row["points"], parts, row["expires_at"], row["state"], row["captured"])


async def add_hold(tx: Transaction, hold: Hold, reference: str | None) -> None:
    """Store a new hold. `reference`: the name that whoever placed it has for it."""
    row = {
        "id": hold.id, "customer_id": hold.customer_id, "points": hold.points, "state": hold.state, "placed_at": tx.at,
        "expires_at": hold.expires_at, "reference": reference,
        "parts": [(str(lot_id), points) for lot_id, points in hold.parts],
    }  # fmt: skip
    await insert_many(tx, hold_table, [row])


SAVE_ENDS = f"""
update hold set state = given.state, captured = given.captured, ended_at = $1
from {unnest("given", first=2, id=hold_table.c.id, state=hold_table.c.state, captured=hold_table.c.captured)}
where hold.id = given.id
"""


async def save_holds(tx: Transaction, holds: Collection[Hold]) -> None:
    """Store how holds ended."""
    await tx.raw.execute(
        SAVE_ENDS, tx.at, [hold.id for hold in holds], [hold.state for hold in holds], [hold.captured for hold in holds]
    )


async def list_holds(
    tx: Transaction, members: Sequence[UUID], state: str | None, before: UUID | None, limit: int
) -> list[Row]:
    """Holds of a customer, or of all who are one, the newest first, of one state if given; one row more than
    `limit`."""
    query = select(*HOLD).where(hold_table.c.customer_id.in_(members))
    if state is not None:
        query = query.where(hold_table.c.state == state)
    if before is not None:
        query = query.where(hold_table.c.id < before)
    return await fetch_rows(tx, query.order_by(hold_table.c.id.desc()).limit(limit + 1))


async def find_hold(tx: Transaction, hold_id: UUID) -> Row:
    """A hold as it is shown. 404 `hold_not_found`."""
    row = (await tx.sql.execute(select(*HOLD).where(hold_table.c.id == hold_id))).mappings().one_or_none()
    if row is None:
        raise hold_not_found()
    return dict(row)
