"""What needs a reason or a second person: adjustments, longer life for points, a new version of the programme."""

from uuid import UUID

from services.loyalty_svc.adjustments import repository
from services.loyalty_svc.adjustments.domain import Adjustment, request_adjustment
from services.loyalty_svc.ledger.domain.entries import Cause, Entry, announced
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.repository import wallets
from services.loyalty_svc.programmes.repository import load_programmes
from shared.errors import invalid, not_found
from shared.messaging import Transaction, announce
from shared.messaging.ids import new_id


async def adjust_points(
    tx: Transaction, customer_id: UUID, points: int, reason: str, subject: str, *, limit: int
) -> Adjustment:
    """Posted at once up to the limit; above it, it waits for another person."""
    await wallets.load_wallet(tx, customer_id)
    adjustment = request_adjustment(new_id(), customer_id, points, reason, subject, limit=limit)
    await _post_if_decided(tx, adjustment)
    return adjustment


async def approve_adjustment(tx: Transaction, adjustment_id: UUID, subject: str) -> Adjustment:
    adjustment = await _load(tx, adjustment_id)
    adjustment.approve(subject)
    await _post_if_decided(tx, adjustment)
    return adjustment


async def refuse_adjustment(tx: Transaction, adjustment_id: UUID, subject: str) -> Adjustment:
    adjustment = await _load(tx, adjustment_id)
    adjustment.refuse(subject)
    await repository.save_adjustment(tx, adjustment, None)
    return adjustment


async def _load(tx: Transaction, adjustment_id: UUID) -> Adjustment:
    """The customer's lock first, as everywhere."""
    customer = await repository.find_customer_of_adjustment(tx, adjustment_id)
    if customer is None:
        raise not_found("adjustment_not_found")
    await wallets.lock_customers(tx, [customer])
    return await repository.load_adjustment(tx, adjustment_id)


async def _post_if_decided(tx: Transaction, adjustment: Adjustment) -> None:
    entry_id = None
    if adjustment.state == "posted":
        purse = await wallets.load_wallet(tx, adjustment.customer_id)
        await wallets.load_first_lots(tx, {purse.customer_id: purse}, {purse.customer_id: -adjustment.points})
        ends = (await load_programmes(tx)).at(tx.at).expires_at(tx.at)
        cause = Cause(tx.at, fact_id=adjustment.id, reason=adjustment.reason, actor=adjustment.decided_by)
        entry_id = purse.adjust(adjustment.points, LotTerms(tx.at, ends), tx.at, cause).id
        announce(tx, announced(await wallets.save_wallets(tx, [purse]), tx.at))
    await repository.save_adjustment(tx, adjustment, entry_id)


async def transfer_points(
    tx: Transaction, giver: UUID, taker: UUID, points: int, actor: str, *, reason: str
) -> tuple[Entry, Entry]:
    """From one customer to another; the points keep their expiry."""
    if giver == taker:
        raise invalid("same_customer", "points move between two customers", pointer="/to")
    await wallets.lock_customers(tx, (giver, taker))
    purses = {giver: await wallets.load_wallet(tx, giver), taker: await wallets.load_wallet(tx, taker)}
    await wallets.load_first_lots(tx, purses, {giver: points})
    cause = Cause(tx.at, fact_id=new_id(), reason=reason, actor=actor)  # both entries carry the transfer's id
    out, lots = purses[giver].transfer(points, tx.at, cause)
    into = purses[taker].receive(lots, cause)
    announce(tx, announced(await wallets.save_wallets(tx, purses.values()), tx.at))
    return out, into
