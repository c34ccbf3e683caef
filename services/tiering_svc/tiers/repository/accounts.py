"""New orders are recorded, and each customer is given what its decision needs: the kept standing with sums or
snapshots while orders come in order of time; else the whole timeline, which is loaded later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.tiering_svc.indicators.domain.order import Order
from services.tiering_svc.indicators.domain.order_facts import PlacedOrder
from services.tiering_svc.indicators.domain.snapshot import SnapshotRequest
from services.tiering_svc.indicators.domain.window_totals import WindowTotals
from services.tiering_svc.indicators.repository import order_facts
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.fast_path import OrderAccount, come_in_order, nothing_can_move
from services.tiering_svc.tiers.repository import standings
from shared.messaging import Transaction


@dataclass(slots=True)
class RecordedOrders:
    """The customers of a batch: those whose standing is carried on, and those whose life is folded again, with when the
    newest of their new facts was recorded."""

    in_order: list[OrderAccount]
    out_of_order: dict[UUID, datetime]


async def record_orders(tx: Transaction, placed: Sequence[PlacedOrder], rules: Rules) -> RecordedOrders:
    """Keep the orders of a batch; returns each customer with how it is decided."""
    by_customer: dict[int, list[PlacedOrder]] = {}  # a UUID's number hashes faster than a UUID
    for fact in placed:
        by_customer.setdefault(fact.customer_id.int, []).append(fact)
    facts_of = list(by_customer.values())
    if rules.active.classes:
        await order_facts.add_orders(tx, placed)
        return await _with_snapshots(tx, facts_of, rules)
    recorded = await _with_sums(tx, facts_of, rules)
    await order_facts.add_orders(tx, placed)
    return recorded


async def _with_sums(tx: Transaction, facts_of: Sequence[Sequence[PlacedOrder]], rules: Rules) -> RecordedOrders:
    totals = await standings.load_window_totals(
        tx, [facts[0].customer_id for facts in facts_of], [{fact.order.month for fact in facts} for facts in facts_of],
        rules.active,
    )  # fmt: skip
    recorded = RecordedOrders([], {})
    for loaded, facts in zip(totals, facts_of, strict=True):
        standing, orders, first_known = loaded.standing, _by_time(facts), _first_known(facts)
        known_from = max([fact.recorded_at for fact in facts])
        if come_in_order(standing, orders, first_known, rules):
            earlier = WindowTotals(rules.active.months, loaded.windows)
            recorded.in_order.append(OrderAccount(standing, orders, earlier, first_known, known_from))
        elif nothing_can_move(standing, loaded.windows, orders, first_known, rules):
            recorded.in_order.append(OrderAccount(standing, orders, None, first_known, known_from))
        else:
            recorded.out_of_order[facts[0].customer_id] = known_from
    return recorded


async def _with_snapshots(tx: Transaction, facts_of: Sequence[Sequence[PlacedOrder]], rules: Rules) -> RecordedOrders:
    """Where the policy looks at more than orders: what there was to see at each order's instant, itself included."""
    standing_of = await standings.load_standings(tx, [facts[0].customer_id for facts in facts_of])
    recorded = RecordedOrders([], {})
    requests = list[SnapshotRequest]()
    for facts in facts_of:
        customer_id, orders, first_known = facts[0].customer_id, _by_time(facts), _first_known(facts)
        known_from = max(fact.recorded_at for fact in facts)
        if come_in_order(standing_of[customer_id], orders, first_known, rules):
            requests += [SnapshotRequest(customer_id, order.placed_at, rules.active.months) for order in orders]
            account = OrderAccount(standing_of[customer_id], orders, {}, first_known, known_from)
            recorded.in_order.append(account)
        else:
            recorded.out_of_order[customer_id] = known_from
    snapshots = iter(await load_snapshots(tx, requests, classes=rules.active.classes))
    for account in recorded.in_order:
        account.earlier = {order.placed_at: next(snapshots) for order in account.orders}
    return recorded


def _by_time(facts: Sequence[PlacedOrder]) -> list[Order]:
    if len(facts) == 1:
        return [facts[0].order]
    return sorted((fact.order for fact in facts), key=lambda order: (order.placed_at, order.order_id))


def _first_known(facts: Sequence[PlacedOrder]) -> datetime:
    return min([fact.recorded_at for fact in facts])
