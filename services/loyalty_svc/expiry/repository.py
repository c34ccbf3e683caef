"""Extensions of lots."""

from datetime import datetime
from uuid import UUID

from shared.messaging import Transaction


async def save_extension(
    tx: Transaction, extension_id: UUID, lot_id: UUID, customer_id: UUID, old: datetime, new: datetime,
    reason: str, actor: str,
) -> None:  # fmt: skip
    """Move a lot's expiry from `old` to `new`, and record who did it, and why."""
    await tx.raw.execute("update lot set expires_at = $2 where id = $1", lot_id, new)
    await tx.raw.execute(
        """insert into lot_extension (id, lot_id, customer_id, expired_at, expires_at, reason, actor, recorded_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        extension_id, lot_id, customer_id, old, new, reason, actor, tx.at,
    )  # fmt: skip
