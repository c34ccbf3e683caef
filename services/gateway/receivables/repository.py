"""SQL of money owed and paid."""

from decimal import Decimal
from uuid import UUID

from services.gateway.core.repository import WriteConflict
from services.gateway.receivables.domain import Payment, Receivable
from services.gateway.receivables.tables import payment, receivable
from shared.messaging import Transaction
from shared.sql import insert_many


async def find_receivable(tx: Transaction, source: str, ref: str) -> Receivable | None:
    """A receivable by the source's own id."""
    row = await tx.raw.fetchrow("select * from receivable where source = $1 and ref = $2", source, ref)
    return None if row is None else Receivable(**dict(row))


async def lock_receivable(
    tx: Transaction, source: str, ref: str, receivable_id: UUID | None, *, any_source: bool
) -> Receivable | None:
    """A receivable by the source's own id, or else by Patron's; locked, so that its payments come in turn."""
    row = await tx.raw.fetchrow(
        """select * from receivable where (source = $1 and ref = $2) or (id = $3 and ($4 or source = $1))
           order by (source = $1 and ref = $2) desc limit 1 for update""",
        source, ref, receivable_id, any_source,
    )  # fmt: skip
    return None if row is None else Receivable(**dict(row))


async def add_receivable(tx: Transaction, new: Receivable) -> None:
    """Insert a receivable; WriteConflict when its id was used meanwhile."""
    if not await insert_many(tx, receivable, [new], on_conflict="nothing"):
        raise WriteConflict("a receivable_id was used by another transaction")


async def find_payment(tx: Transaction, source: str, ref: str) -> Payment | None:
    """A payment by the source's own id."""
    row = await tx.raw.fetchrow("select * from payment where source = $1 and ref = $2", source, ref)
    return None if row is None else Payment(**dict(row))


async def sum_payments(tx: Transaction, receivable_id: UUID) -> Decimal:
    """What was paid of a receivable so far."""
    paid = await tx.raw.fetchval(
        "select coalesce(sum(amount), 0) from payment where receivable_id = $1", receivable_id
    )  # fmt: skip
    return Decimal(paid)


async def add_payment(tx: Transaction, new: Payment) -> None:
    """Insert a payment; WriteConflict when its id was used meanwhile."""
    if not await insert_many(tx, payment, [new], on_conflict="nothing"):
        raise WriteConflict("a payment_id was used by another transaction")
