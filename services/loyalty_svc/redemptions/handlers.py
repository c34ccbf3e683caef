"""What people and partners ask of the ledger: redeem, reverse a redemption, hold, capture, release."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import Cause, Entry
from services.loyalty_svc.ledger.domain.holds import Hold
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.ledger.handlers import (
    load_lots_of_all_to_restore,
    load_lots_to_restore,
    load_wallet_to_spend,
    save_and_announce,
)
from services.loyalty_svc.ledger.repository import holds
from services.loyalty_svc.ledger.repository.wallets import load_wallet, load_wallets, lock_connected, lock_customers
from services.loyalty_svc.redemptions import repository
from services.loyalty_svc.redemptions.domain import parts_to_reverse
from shared.customers import list_connected
from shared.errors import invalid, not_found
from shared.messaging import Timer, Transaction, cancel_timers, set_timer
from shared.messaging.ids import new_id

HOLD_ENDS = "hold_ends"


async def redeem_points(
    tx: Transaction, customer_id: UUID, points: int, actor: str, *, reference: str | None, reason: str | None,
    seen: Collection[UUID] | None = None,
) -> Entry:  # fmt: skip
    """Spend points, the first to expire first; of a merged customer the named wallet's, then the others' that whoever
    asks sees. 409 `not_enough_points` when fewer are available."""
    wallet, *lenders = await load_wallet_to_spend(tx, customer_id, points, actor, seen)
    entry = wallet.redeem(points, tx.at, Cause(tx.at, reference=reference, reason=reason, actor=actor))
    await save_and_announce(tx, [wallet, *lenders])
    return entry


async def reverse_redemption(
    tx: Transaction, members: Sequence[UUID], redemption_id: UUID, points: int | None, actor: str, *, reason: str | None
) -> Entry:
    """Give back all of a redemption (`points` is None), or part of it; never more than was spent (K10).

    `members`: the customer, and who is one with it; the redemption may be of any of them.
    """
    customer_id = await repository.find_customer_of_redemption(tx, members, redemption_id)
    await lock_connected(tx, [customer_id])
    wallet = await load_wallet(tx, customer_id)
    parts = parts_to_reverse(await repository.load_spent_lots(tx, customer_id, redemption_id), points)
    await load_lots_to_restore(tx, wallet, [lot_id for lot_id, _ in parts])
    entry = wallet.reverse_redemption(parts, tx.at, Cause(tx.at, reverses=redemption_id, reason=reason, actor=actor))
    await repository.save_reversed_parts(tx, redemption_id, parts)
    await save_and_announce(tx, [wallet])
    return entry


async def place_hold(
    tx: Transaction, customer_id: UUID, points: int, expires_at: datetime, actor: str, *, reference: str | None,
    seen: Collection[UUID] | None = None,
) -> Hold:  # fmt: skip
    """Set points aside until the hold is captured, released or over; a timer releases it at its end."""
    if expires_at <= tx.at:
        raise invalid("already_over", "A hold has to end in the future.", pointer="/expires_at")
    wallet, *lenders = await load_wallet_to_spend(tx, customer_id, points, actor, seen)
    hold_id = new_id()
    cause = Cause(tx.at, hold_id=hold_id, reference=reference, actor=actor)
    hold, _ = wallet.hold(points, hold_id, expires_at, tx.at, cause)
    await save_and_announce(tx, [wallet, *lenders])
    await holds.add_hold(tx, hold, reference)
    await set_timer(tx, str(hold_id), HOLD_ENDS, 1, expires_at)
    return hold


async def capture_hold(tx: Transaction, hold_id: UUID, points: int | None, actor: str) -> Entry:
    """Spend what was held, all or part; the rest is free again at once. A refusal leaves the hold to its timer."""
    wallet, hold = await _load_hold_to_end(tx, hold_id)
    points = hold.points if points is None else points
    entry = wallet.capture(hold, points, tx.at, Cause(tx.at, hold_id=hold_id, actor=actor))
    await _save_ended_hold(tx, wallet, hold)
    return entry


async def release_hold(tx: Transaction, hold_id: UUID, actor: str) -> Entry:
    """End a hold without spending: all of its points can be spent again, except those whose time is over."""
    wallet, hold = await _load_hold_to_end(tx, hold_id)
    entry = wallet.release(hold, tx.at, Cause(tx.at, hold_id=hold_id, actor=actor))
    await _save_ended_hold(tx, wallet, hold)
    return entry


async def when_holds_end_release_them(tx: Transaction, timers: Sequence[Timer]) -> None:
    """The timers of holds that nobody captured or released: they expire, and their points are free again."""
    due = {UUID(timer.aggregate): timer.due_at for timer in timers}
    customers = await holds.list_customers_of_holds(tx, due)
    await lock_customers(tx, await list_connected(tx, customers.values()))
    ended = [hold for hold in await holds.load_holds(tx, due) if hold.state == "open"]
    wallets = await load_wallets(tx, {hold.customer_id for hold in ended})
    await load_lots_of_all_to_restore(tx, wallets, [lot_id for hold in ended for lot_id, _ in hold.parts])
    for hold in ended:
        cause = Cause(occurred_at=due[hold.id], hold_id=hold.id)
        wallets[hold.customer_id].release(hold, tx.at, cause, expired=True)
    await holds.save_holds(tx, ended)
    await save_and_announce(tx, wallets.values())


async def _load_hold_to_end(tx: Transaction, hold_id: UUID) -> tuple[Wallet, Hold]:
    customer = await holds.find_customer_of_hold(tx, hold_id)
    if customer is None:
        raise not_found("hold_not_found", "There is no such hold.")
    await cancel_timers(tx, str(hold_id), HOLD_ENDS)  # before the wallet: the timer, too, has its own row first
    await lock_connected(tx, [customer])
    wallet = await load_wallet(tx, customer)
    hold = await holds.load_hold(tx, hold_id)
    await load_lots_to_restore(tx, wallet, [lot_id for lot_id, _ in hold.parts])
    return wallet, hold


async def _save_ended_hold(tx: Transaction, wallet: Wallet, hold: Hold) -> None:
    await holds.save_holds(tx, [hold])
    await save_and_announce(tx, [wallet])
