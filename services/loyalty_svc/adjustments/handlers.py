"""What is changed by hand: adjustments, which may need a second person, and transfers."""

from uuid import UUID

from services.loyalty_svc.adjustments import repository
from services.loyalty_svc.adjustments.domain import Adjustment, request_adjustment
from services.loyalty_svc.ledger.domain.entries import Cause, Entry
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.handlers import save_and_announce
from services.loyalty_svc.ledger.repository.wallets import load_first_lots, load_wallet, lock_customers
from services.loyalty_svc.programmes.repository import load_programmes
from shared.errors import invalid, not_found
from shared.messaging import Transaction
from shared.messaging.ids import new_id


async def adjust_points(
    tx: Transaction, customer_id: UUID, points: int, reason: str, subject: str, *, limit: int
) -> Adjustment:
    """Posted at once up to the limit; above it, it waits for another person."""
    await load_wallet(tx, customer_id)
    adjustment = request_adjustment(new_id(), customer_id, points, reason, subject, limit=limit)
    await _post_if_decided(tx, adjustment)
    return adjustment


async def approve_adjustment(tx: Transaction, adjustment_id: UUID, subject: str) -> Adjustment:
    """Post a pending adjustment. 403 `own_approval` for whoever asked for it."""
    adjustment = await _load_adjustment(tx, adjustment_id)
    adjustment.approve(subject)
    await _post_if_decided(tx, adjustment)
    return adjustment


async def reject_adjustment(tx: Transaction, adjustment_id: UUID, subject: str) -> Adjustment:
    """End a pending adjustment without posting it; whoever asked for it may withdraw it so."""
    adjustment = await _load_adjustment(tx, adjustment_id)
    adjustment.reject(subject)
    await repository.save_adjustment(tx, adjustment, None)
    return adjustment


async def _load_adjustment(tx: Transaction, adjustment_id: UUID) -> Adjustment:
    customer = await repository.find_customer_of_adjustment(tx, adjustment_id)
    if customer is None:
        raise not_found("adjustment_not_found", "There is no such adjustment.")
    await lock_customers(tx, [customer])  # the customer's lock comes first, as everywhere
    return await repository.load_adjustment(tx, adjustment_id)


async def _post_if_decided(tx: Transaction, adjustment: Adjustment) -> None:
    entry_id = None
    if adjustment.state == "posted":
        wallet = await load_wallet(tx, adjustment.customer_id)
        await load_first_lots(tx, {wallet.customer_id: wallet}, {wallet.customer_id: -adjustment.points})
        expires_at = (await load_programmes(tx, [tx.at])).at(tx.at).expires_at(tx.at)
        cause = Cause(tx.at, fact_id=adjustment.id, reason=adjustment.reason, actor=adjustment.decided_by)
        entry_id = wallet.adjust(adjustment.points, LotTerms(tx.at, expires_at), tx.at, cause).id
        await save_and_announce(tx, [wallet])
    await repository.save_adjustment(tx, adjustment, entry_id)


async def transfer_points(
    tx: Transaction, sender: UUID, recipient: UUID, points: int, actor: str, *, reason: str
) -> tuple[Entry, Entry]:
    """From one customer to another; the points keep their expiry. Returns the sender's entry and the recipient's."""
    if sender == recipient:
        raise invalid("same_customer", "A transfer needs two different customers.", pointer="/to")
    await lock_customers(tx, (sender, recipient))
    wallets = {sender: await load_wallet(tx, sender), recipient: await load_wallet(tx, recipient)}
    await load_first_lots(tx, wallets, {sender: points})
    cause = Cause(tx.at, fact_id=new_id(), reason=reason, actor=actor)  # both entries carry the transfer's id
    sent, parts = wallets[sender].transfer(points, tx.at, cause)
    received = wallets[recipient].receive_transfer(parts, cause)
    await save_and_announce(tx, wallets.values())
    return sent, received
