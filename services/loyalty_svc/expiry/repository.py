"""Extensions of lots."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty_svc.expiry.tables import lot_extension
from shared.messaging import Transaction
from shared.sql import insert_many


async def find_customer_of_lot(tx: Transaction, members: Sequence[UUID], lot_id: UUID) -> UUID | None:
    """Which of these customers a lot is of; None for another's."""
    customer_id: UUID | None = await tx.raw.fetchval(
        "select customer_id from lot where id = $1 and customer_id = any($2::uuid[])", lot_id, list(members)
    )
    return customer_id


async def save_extension(
    tx: Transaction, extension_id: UUID, lot_id: UUID, customer_id: UUID, old: datetime, new: datetime,
    reason: str, actor: str,
) -> None:  # fmt: skip
    """Move a lot's expiry from `old` to `new`, and record who did it, and why."""
    await tx.raw.execute("update lot set expires_at = $2 where id = $1", lot_id, new)
    row = {
        "id": extension_id, "lot_id": lot_id, "customer_id": customer_id, "expired_at": old, "expires_at": new,
        "reason": reason, "actor": actor, "recorded_at": tx.at,
    }  # fmt: skip
    await insert_many(tx, lot_extension, [row])
