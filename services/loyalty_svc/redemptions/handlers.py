"""What people and partners ask of the ledger: redeem, give back, hold, capture, release, transfer."""

from datetime import datetime
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import Cause, Entry, announced
from services.loyalty_svc.ledger.domain.holds import Hold
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.ledger.repository import holds, wallets
from services.loyalty_svc.redemptions import repository
from services.loyalty_svc.redemptions.domain import parts_to_give_back
from shared.errors import invalid, not_found
from shared.messaging import Timer, Transaction, announce, cancel_timers, set_timer
from shared.messaging.ids import new_id

HOLD_ENDS = "hold_ends"


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
    parts = parts_to_give_back(await repository.load_spent(tx, customer_id, redemption), points)
    await wallets.load_lots(tx, {customer_id: purse}, [lot_id for lot_id, _ in parts])
    entry = purse.give_back(parts, tx.at, Cause(tx.at, reverses=redemption, reason=reason, actor=actor))
    await repository.save_given_back(tx, redemption, parts)
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
    await holds.add_hold(tx, hold, reference)
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


async def _purse_to_spend(tx: Transaction, customer_id: UUID, points: int) -> Wallet:
    purse = await wallets.load_wallet(tx, customer_id)
    await wallets.load_first_lots(tx, {customer_id: purse}, {customer_id: points})
    return purse


async def _held(tx: Transaction, hold_id: UUID) -> tuple[Wallet, Hold]:
    customer = await holds.find_customer_of_hold(tx, hold_id)
    if customer is None:
        raise not_found("hold_not_found")
    await cancel_timers(tx, str(hold_id), HOLD_ENDS)  # before the wallet: the timer, too, has its own row first
    purse = await wallets.load_wallet(tx, customer)
    hold = await holds.load_hold(tx, hold_id)
    await wallets.load_lots(tx, {customer: purse}, [lot_id for lot_id, _ in hold.parts])
    return purse, hold


async def _end(tx: Transaction, purse: Wallet, hold: Hold) -> None:
    await holds.save_hold(tx, hold)
    await _save(tx, purse)


async def _save(tx: Transaction, purse: Wallet) -> None:
    announce(tx, announced(await wallets.save_wallets(tx, [purse]), tx.at))


async def when_a_hold_ends_release_it(tx: Transaction, timer: Timer) -> None:
    hold_id = UUID(timer.aggregate)
    customer = await holds.find_customer_of_hold(tx, hold_id)
    if customer is None:
        return
    purse = await wallets.load_wallet(tx, customer)
    hold = await holds.load_hold(tx, hold_id)
    if hold.state != "open":
        return
    await wallets.load_lots(tx, {customer: purse}, [lot_id for lot_id, _ in hold.parts])
    purse.release(hold, tx.at, Cause(occurred_at=timer.due_at, hold_id=hold_id), expired=True)
    await holds.save_hold(tx, hold)
    announce(tx, announced(await wallets.save_wallets(tx, [purse]), tx.at))
