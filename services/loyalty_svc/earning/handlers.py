"""What facts do to the ledger: orders earn, returns and cancellations reverse, tiers multiply."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.loyalty_svc.earning.domain.order_points import EarningOrder, earning_order_of
from services.loyalty_svc.earning.domain.order_posting import points_to_reverse, post_difference
from services.loyalty_svc.earning.domain.tier_history import TierPeriod
from services.loyalty_svc.earning.repository import orders as order_rows
from services.loyalty_svc.earning.repository.tiers import delete_tiers, load_tiers, replace_tails
from services.loyalty_svc.ledger.domain.entries import Cause
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.ledger.handlers import save_and_announce
from services.loyalty_svc.ledger.repository.wallets import load_first_lots, load_lots, load_wallets
from services.loyalty_svc.programmes.repository import load_programme_versions, load_programmes
from shared.errors import not_found
from shared.events import OrderCancelled, OrderPlaced, OrderReturned, ReversedLine, TierChanged, join_tails
from shared.messaging import Transaction, ids_in


class OrderReversal(NamedTuple):
    """A return or a cancellation: the share of an order that goes back."""

    order_id: UUID
    customer_id: UUID
    fact_id: UUID
    reversed_at: datetime
    lines: tuple[ReversedLine, ...]


async def when_orders_are_placed_earn_points(tx: Transaction, placed: Sequence[OrderPlaced]) -> None:
    """Each order earns by the programme and the tier in force when it was placed; a known order earns nothing."""
    wallets = await load_wallets(tx, (event.customer_id for event in placed))
    known = await order_rows.list_known_orders(tx, (event.order_id for event in placed))
    histories = await load_tiers(tx, wallets)
    programmes = await load_programmes(tx, [event.placed_at for event in placed])
    new: dict[UUID, EarningOrder] = {}
    for event in placed:
        if event.order_id in known or event.order_id in new:
            continue  # delivered before: nothing is left to post (K8)
        programme = programmes.at(event.placed_at)
        order = new[event.order_id] = earning_order_of(event, programme)
        tier = histories[event.customer_id].at(event.placed_at)
        cause = Cause(occurred_at=event.placed_at, order_id=event.order_id)
        post_difference(order, wallets[event.customer_id], programme, tier, tx.at, cause)
    await order_rows.add_orders(tx, list(new.values()))
    await save_and_announce(tx, wallets.values())


async def when_orders_are_returned_reverse_their_share(tx: Transaction, returned: Sequence[OrderReturned]) -> None:
    """A return takes back the points of its own lines, in the share that was returned (K4)."""
    await _reverse(
        tx, [OrderReversal(e.order_id, e.customer_id, e.return_id, e.returned_at, e.lines) for e in returned]
    )


async def when_orders_are_cancelled_reverse_the_rest(tx: Transaction, cancelled: Sequence[OrderCancelled]) -> None:
    """A cancellation takes back what is left of the order, so its points are zero afterwards."""
    # an order is cancelled once, so its own id names the cancellation among the order's reversals
    await _reverse(
        tx, [OrderReversal(e.order_id, e.customer_id, e.order_id, e.cancelled_at, e.lines) for e in cancelled]
    )


async def _reverse(tx: Transaction, reversals: Sequence[OrderReversal]) -> None:
    wallets = await load_wallets(tx, (reversal.customer_id for reversal in reversals))
    orders = await order_rows.load_orders(tx, {reversal.order_id for reversal in reversals})
    histories = await load_tiers(tx, wallets)
    programmes = await load_programme_versions(tx, {order.programme for order in orders.values()})
    await _load_lots_to_reverse(tx, wallets, [(order, order.posted) for order in orders.values()])
    for reversal in reversals:
        order = orders.get(reversal.order_id)
        if order is None:  # a return follows its order within its key, so something is wrong: keep it for a person
            raise not_found("order_not_found", "A return or cancellation arrived without its order.")
        if order.reverse(reversal.fact_id, reversal.lines):
            tier = histories[reversal.customer_id].at(order.placed_at)
            cause = Cause(reversal.reversed_at, order_id=order.order_id, fact_id=reversal.fact_id)
            wallet = wallets[reversal.customer_id]
            post_difference(order, wallet, programmes[order.programme], tier, tx.at, cause)
    await order_rows.save_orders(tx, list(orders.values()))
    await save_and_announce(tx, wallets.values())


async def when_tiers_change_post_the_difference(tx: Transaction, changes: Sequence[TierChanged]) -> None:
    """Orders placed since the history changed are worth more or less now, whichever fact came first (L2, K18)."""
    tails = join_tails(changes)
    wallets = await load_wallets(tx, tails)
    histories = await load_tiers(tx, wallets)
    for customer, tail in tails.items():
        histories[customer].replace_tail(tail.replaced_from, _periods_of(tail))
    await replace_tails(tx, tails.values())
    orders = await order_rows.load_orders_since(tx, {c: tail.first_change_at for c, tail in tails.items()})
    programmes = await load_programme_versions(tx, {order.programme for order in orders})
    tiers = {order.order_id: histories[order.customer_id].at(order.placed_at) for order in orders}
    needs = [(o, points_to_reverse(o, programmes[o.programme], tiers[o.order_id])) for o in orders]
    await _load_lots_to_reverse(tx, wallets, needs)
    changed = []
    for order in orders:
        change = tails[order.customer_id]
        cause = Cause(change.decided_at, order_id=order.order_id, fact_id=change.change_id)
        wallet = wallets[order.customer_id]
        if post_difference(order, wallet, programmes[order.programme], tiers[order.order_id], tx.at, cause):
            changed.append(order)
    await order_rows.save_orders(tx, changed)
    await save_and_announce(tx, wallets.values())


async def forget_tiers(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away the copies of these customers' tier histories, to be made anew."""
    await delete_tiers(tx, ids_in(keys))


async def copy_tiers(tx: Transaction, changes: Sequence[TierChanged]) -> None:
    """Keep the tails as when they were announced, without posting anything: that was done then."""
    await replace_tails(tx, join_tails(changes).values())


def _periods_of(change: TierChanged) -> list[TierPeriod]:
    return [TierPeriod(period.effective_from, period.tier) for period in change.tail]


async def _load_lots_to_reverse(
    tx: Transaction, wallets: Mapping[UUID, Wallet], needs: Sequence[tuple[EarningOrder, int]]
) -> None:
    """The orders' own lots, and the first to expire in case those are spent. `needs`: (order, points to reverse)."""
    points_by_customer: dict[UUID, int] = defaultdict(int)
    for order, points in needs:
        points_by_customer[order.customer_id] += points
    await load_first_lots(tx, wallets, points_by_customer)
    await load_lots(tx, wallets, [lot_id for order, points in needs if points for lot_id in order.lots])
