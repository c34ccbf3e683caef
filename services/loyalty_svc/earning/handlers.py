"""What facts do to the ledger: orders earn, returns take back, tiers multiply."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty_svc.earning.domain.order_points import EarningOrder, order_to_earn
from services.loyalty_svc.earning.domain.order_posting import points_to_take, settle
from services.loyalty_svc.earning.domain.tier_history import TierPeriod
from services.loyalty_svc.earning.repository import orders as order_rows
from services.loyalty_svc.earning.repository.tiers import load_tiers, load_tiers_with_superseded, save_tiers
from services.loyalty_svc.ledger.domain.entries import Cause, announced
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.ledger.repository import wallets
from services.loyalty_svc.programmes.repository import load_programmes
from shared.errors import not_found
from shared.events import (
    OrderCancelled,
    OrderPlaced,
    OrderReturned,
    ReversedLine,
    TierChanged,
)
from shared.messaging import Transaction, announce


async def when_orders_are_placed_earn_points(tx: Transaction, placed: Sequence[OrderPlaced]) -> None:
    purses = await wallets.load_wallets(tx, (fact.customer_id for fact in placed))
    known = await order_rows.known_orders(tx, (fact.order_id for fact in placed))
    histories = await load_tiers(tx, purses)
    programmes = await load_programmes(tx)
    new: dict[UUID, EarningOrder] = {}
    for fact in placed:
        if fact.order_id in known or fact.order_id in new:
            continue  # heard before: settled by construction (K8)
        programme = programmes.at(fact.placed_at)
        order = new[fact.order_id] = order_to_earn(fact, programme)
        tier = histories[fact.customer_id].at(fact.placed_at)
        cause = Cause(occurred_at=fact.placed_at, order_id=fact.order_id)
        settle(order, purses[fact.customer_id], programme, tier, tx.at, cause)
    await order_rows.add_orders(tx, list(new.values()))
    await _save_and_announce(tx, purses.values())


async def when_orders_are_returned_take_back_their_share(tx: Transaction, facts: Sequence[OrderReturned]) -> None:
    await _take_back(tx, [(f.order_id, f.customer_id, f.return_id, f.returned_at, f.lines) for f in facts])


async def when_orders_are_cancelled_take_back_the_rest(tx: Transaction, facts: Sequence[OrderCancelled]) -> None:
    # an order is cancelled once, so its own id names that fact among what was taken back
    await _take_back(tx, [(f.order_id, f.customer_id, f.order_id, f.cancelled_at, f.lines) for f in facts])


Taken = tuple[UUID, UUID, UUID, datetime, tuple[ReversedLine, ...]]


async def _take_back(tx: Transaction, facts: Sequence[Taken]) -> None:
    purses = await wallets.load_wallets(tx, (customer for _, customer, _, _, _ in facts))
    orders = await order_rows.load_orders(tx, {order_id for order_id, _, _, _, _ in facts})
    histories = await load_tiers(tx, purses)
    programmes = await load_programmes(tx)
    await _load_lots_to_reverse(tx, purses, [(order, order.posted) for order in orders.values()])
    for order_id, customer, fact_id, at, pieces in facts:
        order = orders.get(order_id)
        if order is None:  # a return follows its order within its key, so something is wrong: keep it for a person
            raise not_found("order_not_found", "a return or cancellation came without its order")
        if order.take_back(fact_id, pieces):
            tier = histories[customer].at(order.placed_at)
            cause = Cause(occurred_at=at, order_id=order_id, fact_id=fact_id)
            settle(order, purses[customer], programmes[order.programme], tier, tx.at, cause)
    await order_rows.save_orders(tx, list(orders.values()))
    await _save_and_announce(tx, purses.values())


async def when_tiers_change_post_the_difference(tx: Transaction, changes: Sequence[TierChanged]) -> None:
    """Orders placed since the change are worth more or less now, whichever fact came first (L2, K18)."""
    purses = await wallets.load_wallets(tx, (change.customer_id for change in changes))
    histories = await load_tiers_with_superseded(tx, purses)
    learned: list[tuple[UUID, TierPeriod]] = []
    since: dict[UUID, datetime] = {}
    latest: dict[UUID, TierChanged] = {}
    for change in changes:
        customer = change.customer_id
        periods = histories[customer].learn(change)
        if periods:
            learned += [(customer, period) for period in periods]
            since[customer] = min(change.effective_from, since.get(customer, change.effective_from))
            latest[customer] = change
    if not learned:
        return
    await save_tiers(tx, _last_word(learned))
    programmes = await load_programmes(tx)
    orders = await order_rows.load_orders_since(tx, since)
    tiers = {order.order_id: histories[order.customer_id].at(order.placed_at) for order in orders}
    to_take = [(o, points_to_take(o, programmes[o.programme], tiers[o.order_id])) for o in orders]
    await _load_lots_to_reverse(tx, purses, to_take)
    settled = []
    for order in orders:
        change = latest[order.customer_id]
        cause = Cause(occurred_at=change.decided_at, order_id=order.order_id, fact_id=change.change_id)
        purse = purses[order.customer_id]
        if settle(order, purse, programmes[order.programme], tiers[order.order_id], tx.at, cause):
            settled.append(order)
    await order_rows.save_orders(tx, settled)
    await _save_and_announce(tx, purses.values())


def _last_word(periods: Iterable[tuple[UUID, TierPeriod]]) -> list[tuple[UUID, TierPeriod]]:
    """A period that was new and then superseded within one batch is written once, as it ended."""
    return list({(customer, period.change_id): (customer, period) for customer, period in periods}.values())


async def _load_lots_to_reverse(
    tx: Transaction, purses: dict[UUID, Wallet], to_take: Sequence[tuple[EarningOrder, int]]
) -> None:
    """The orders' own lots, and the first to expire in case those are spent."""
    needs: dict[UUID, int] = defaultdict(int)
    for order, points in to_take:
        needs[order.customer_id] += points
    await wallets.load_first_lots(tx, purses, needs)
    await wallets.load_lots(tx, purses, [lot_id for order, points in to_take if points for lot_id in order.lots])


async def _save_and_announce(tx: Transaction, purses: Iterable[Wallet]) -> None:
    announce(tx, announced(await wallets.save_wallets(tx, purses), tx.at))
