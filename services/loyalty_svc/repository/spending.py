"""Holds, what redemptions consumed, adjustments and extensions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from asyncpg import Record

from services.loyalty_svc.domain.adjustments import Adjustment
from services.loyalty_svc.domain.holds import Hold
from services.loyalty_svc.domain.ledger import Part
from shared.errors import not_found
from shared.messaging import Transaction


async def find_customer_of_hold(tx: Transaction, hold_id: UUID) -> UUID | None:
    """Whose lock to take before the hold is loaded."""
    customer: UUID | None = await tx.raw.fetchval("select customer_id from hold where id = $1", hold_id)
    return customer


async def load_hold(tx: Transaction, hold_id: UUID) -> Hold:
    """Under the customer's lock, which the caller holds."""
    asked = "select id, customer_id, points, parts, expires_at, state, captured from hold where id = $1"
    row = await tx.raw.fetchrow(asked, hold_id)
    if row is None:
        raise not_found("hold_not_found")
    parts = tuple((UUID(lot_id), points) for lot_id, points in row["parts"])
    return Hold(row["id"], row["customer_id"], row["points"], parts, row["expires_at"], row["state"], row["captured"])


async def add_hold(tx: Transaction, hold: Hold, reference: str | None) -> None:
    await tx.raw.execute(
        """insert into hold (id, customer_id, points, state, placed_at, expires_at, reference, parts)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        hold.id, hold.customer_id, hold.points, hold.state, tx.at, hold.expires_at, reference,
        orjson.dumps([(str(lot_id), points) for lot_id, points in hold.parts]).decode(),
    )  # fmt: skip


async def save_hold(tx: Transaction, hold: Hold) -> None:
    await tx.raw.execute(
        "update hold set state = $2, captured = $3, ended_at = $4 where id = $1",
        hold.id, hold.state, hold.captured, tx.at,
    )  # fmt: skip


async def load_spent(tx: Transaction, customer_id: UUID, entry_id: UUID) -> list[tuple[UUID, int, int]]:
    """(lot, points, given back) of a redemption of this customer, in the order they were taken."""
    rows = await tx.raw.fetch(
        """select lot_id, s.points, given_back from entry e join spent_lot s on s.entry_id = e.id
           where e.id = $1 and e.customer_id = $2 order by place""",
        entry_id, customer_id,
    )  # fmt: skip
    if not rows:
        raise not_found("redemption_not_found")
    return [(row["lot_id"], row["points"], row["given_back"]) for row in rows]


async def save_given_back(tx: Transaction, entry_id: UUID, parts: Sequence[Part]) -> None:
    await tx.raw.execute(
        """update spent_lot s set given_back = given_back + t.points
           from unnest($2::uuid[], $3::bigint[]) as t(lot_id, points) where entry_id = $1 and s.lot_id = t.lot_id""",
        entry_id, [lot_id for lot_id, _ in parts], [points for _, points in parts],
    )  # fmt: skip


async def find_customer_of_adjustment(tx: Transaction, adjustment_id: UUID) -> UUID | None:
    customer: UUID | None = await tx.raw.fetchval("select customer_id from adjustment where id = $1", adjustment_id)
    return customer


async def load_adjustment(tx: Transaction, adjustment_id: UUID) -> Adjustment:
    row: Record | None = await tx.raw.fetchrow(
        """select id, customer_id, points, reason, requested_by, state, decided_by from adjustment
           where id = $1 for update""",
        adjustment_id,
    )  # fmt: skip
    if row is None:
        raise not_found("adjustment_not_found")
    return Adjustment(**dict(row))


async def save_adjustment(tx: Transaction, adjustment: Adjustment, entry_id: UUID | None) -> None:
    """Store a new one, or what was decided about it."""
    decided_at = None if adjustment.state == "pending" else tx.at
    await tx.raw.execute(
        """insert into adjustment (id, customer_id, points, reason, state, requested_by, requested_at, decided_by,
               decided_at, entry_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           on conflict (id) do update set state = excluded.state, decided_by = excluded.decided_by,
               decided_at = excluded.decided_at, entry_id = excluded.entry_id""",
        adjustment.id, adjustment.customer_id, adjustment.points, adjustment.reason, adjustment.state,
        adjustment.requested_by, tx.at, adjustment.decided_by, decided_at, entry_id,
    )  # fmt: skip


async def save_extension(
    tx: Transaction, extension_id: UUID, lot_id: UUID, customer_id: UUID, old: datetime, new: datetime,
    reason: str, actor: str,
) -> None:  # fmt: skip
    await tx.raw.execute("update lot set expires_at = $2 where id = $1", lot_id, new)
    await tx.raw.execute(
        """insert into lot_extension (id, lot_id, customer_id, expired_at, expires_at, reason, actor, recorded_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        extension_id, lot_id, customer_id, old, new, reason, actor, tx.at,
    )  # fmt: skip
