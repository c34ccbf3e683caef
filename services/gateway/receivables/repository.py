"""SQL of money owed and paid."""

from decimal import Decimal
from uuid import UUID

from services.gateway.core.repository import WriteConflict
from services.gateway.receivables.domain import Payment, Receivable
from shared.messaging import Transaction


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


async def add_receivable(tx: Transaction, receivable: Receivable) -> None:
    """Insert a receivable; WriteConflict when its id was used meanwhile."""
    added = await tx.raw.fetchval(
        """insert into receivable (id, source, ref, customer_id, order_id, amount, issued_on, due_on, fingerprint,
               event_id, recorded_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           on conflict (source, ref) do nothing returning true""",
        receivable.id, receivable.source, receivable.ref, receivable.customer_id, receivable.order_id,
        receivable.amount, receivable.issued_on, receivable.due_on, receivable.fingerprint, receivable.event_id,
        receivable.recorded_at,
    )  # fmt: skip
    if not added:
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


async def add_payment(tx: Transaction, payment: Payment) -> None:
    """Insert a payment; WriteConflict when its id was used meanwhile."""
    added = await tx.raw.fetchval(
        """insert into payment (id, source, ref, receivable_id, customer_id, amount, outstanding, paid_at, fingerprint,
               event_id, recorded_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           on conflict (source, ref) do nothing returning true""",
        payment.id, payment.source, payment.ref, payment.receivable_id, payment.customer_id, payment.amount,
        payment.outstanding, payment.paid_at, payment.fingerprint, payment.event_id, payment.recorded_at,
    )  # fmt: skip
    if not added:
        raise WriteConflict("a payment_id was used by another transaction")
