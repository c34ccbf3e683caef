"""What people and partners ask of the ledger: redeem, give back, hold, capture, release, transfer."""

from datetime import datetime
from uuid import UUID

from services.loyalty_svc.domain.holds import Hold, parts_to_give_back
from services.loyalty_svc.domain.ledger import Cause, Entry, announced
from services.loyalty_svc.domain.wallet import Wallet
from services.loyalty_svc.handlers.expiring import HOLD_ENDS
from services.loyalty_svc.repository import spending, wallets
from shared.errors import invalid, not_found
from shared.messaging import Transaction, announce, cancel_timers, set_timer
from shared.messaging.ids import new_id


async def redeem_points(
    tx: Transaction, customer_id: UUID, points: int, actor: str, *, reference: str | None, reason: str | None
) -> Entry:
    purse = await _purse_to_spend(tx, customer_id, points)
    entry = purse.redeem(points, tx.at, Cause(tx.at, reference=reference, reason=reason, actor=actor))
    await _save(tx, purse)
    return entry


async def give_points_back(
    tx: Transaction, customer_id: UUID, redemption: UUID, points: int | None, actor: str, *, reason: str | None
) -> Entry:
    """All of a redemption, or part of it; never more than was spent (K10)."""
    purse = await wallets.load_wallet(tx, customer_id)
    parts = parts_to_give_back(await spending.load_spent(tx, customer_id, redemption), points)
    await wallets.load_lots(tx, {customer_id: purse}, [lot_id for lot_id, _ in parts])
    entry = purse.give_back(parts, tx.at, Cause(tx.at, reverses=redemption, reason=reason, actor=actor))
    await spending.save_given_back(tx, redemption, parts)
    await _save(tx, purse)
    return entry


async def place_hold(
    tx: Transaction, customer_id: UUID, points: int, expires_at: datetime, actor: str, *, reference: str | None
) -> Hold:
    if expires_at <= tx.at:
        raise invalid("already_over", "a hold ends in the future", pointer="/expires_at")
    purse = await _purse_to_spend(tx, customer_id, points)
    hold_id = new_id()
    cause = Cause(tx.at, hold_id=hold_id, reference=reference, actor=actor)
    hold, _ = purse.hold(points, hold_id, expires_at, tx.at, cause)
    await _save(tx, purse)
    await spending.add_hold(tx, hold, reference)
    await set_timer(tx, str(hold_id), HOLD_ENDS, 1, expires_at)
    return hold


async def capture_hold(tx: Transaction, hold_id: UUID, points: int | None, actor: str) -> Entry:
    """Spend what was held, all or part; the rest is free again at once. A refusal leaves the hold to its timer."""
    purse, hold = await _held(tx, hold_id)
    entry = purse.capture(
        hold, hold.points if points is None else points, tx.at, Cause(tx.at, hold_id=hold_id, actor=actor)
    )
    await _end(tx, purse, hold)
    return entry


async def release_hold(tx: Transaction, hold_id: UUID, actor: str) -> Entry:
    purse, hold = await _held(tx, hold_id)
    entry = purse.release(hold, tx.at, Cause(tx.at, hold_id=hold_id, actor=actor))
    await _end(tx, purse, hold)
    return entry


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


async def _purse_to_spend(tx: Transaction, customer_id: UUID, points: int) -> Wallet:
    purse = await wallets.load_wallet(tx, customer_id)
    await wallets.load_first_lots(tx, {customer_id: purse}, {customer_id: points})
    return purse


async def _held(tx: Transaction, hold_id: UUID) -> tuple[Wallet, Hold]:
    customer = await spending.find_customer_of_hold(tx, hold_id)
    if customer is None:
        raise not_found("hold_not_found")
    await cancel_timers(tx, str(hold_id), HOLD_ENDS)  # before the wallet: the timer, too, has its own row first
    purse = await wallets.load_wallet(tx, customer)
    hold = await spending.load_hold(tx, hold_id)
    await wallets.load_lots(tx, {customer: purse}, [lot_id for lot_id, _ in hold.parts])
    return purse, hold


async def _end(tx: Transaction, purse: Wallet, hold: Hold) -> None:
    await spending.save_hold(tx, hold)
    await _save(tx, purse)


async def _save(tx: Transaction, purse: Wallet) -> None:
    announce(tx, announced(await wallets.save_wallets(tx, [purse]), tx.at))
