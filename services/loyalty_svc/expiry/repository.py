"""Extensions of lots."""

from datetime import datetime
from uuid import UUID

from services.loyalty_svc.expiry.tables import lot_extension
from shared.messaging import Transaction
from shared.sql import insert_many


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
