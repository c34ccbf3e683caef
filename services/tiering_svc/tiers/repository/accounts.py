"""New facts are recorded, and what decisions about them look at is loaded: which representation, is chosen here.

Fast path: sums of windows, while a customer's orders come in order of time. Exact path: single orders, where a late
order or a reversal could matter. Where a policy looks at more than orders: snapshots as of each instant, a timeline.
"""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from itertools import chain, islice
from uuid import UUID

from services.tiering_svc.core.domain.calendar import first_month, month_of
from services.tiering_svc.indicators.domain.order_aggregates import OrderHistory, WindowTotals
from services.tiering_svc.indicators.domain.order_facts import PlacedOrder, ReversedOrder
from services.tiering_svc.indicators.domain.snapshot import SnapshotRequest
from services.tiering_svc.indicators.repository import order_facts
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.accounts import OrderAccount, ReversalAccount
from services.tiering_svc.tiers.domain.fast_path import come_in_order, nothing_can_move
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import matters_from, may_be_corrected
from services.tiering_svc.tiers.domain.timeline import Timeline
from services.tiering_svc.tiers.repository import standings
from services.tiering_svc.tiers.repository.standings import StandingWithTotals
from shared.messaging import Transaction


async def record_orders(tx: Transaction, placed: Sequence[PlacedOrder], rules: Rules) -> list[OrderAccount]:
    """Keep the orders of a batch; returns each customer with what a decision about them looks at."""
    if rules.active.classes:
        await order_facts.add_orders(tx, placed)
        return await _accounts_with_timelines(tx, placed, rules)
    accounts = await _accounts_with_aggregates(tx, placed, rules)
    await order_facts.add_orders(tx, placed)
    return accounts


async def _accounts_with_aggregates(tx: Transaction, placed: Sequence[PlacedOrder], rules: Rules) -> list[OrderAccount]:
    by_customer: dict[int, list[PlacedOrder]] = {}  # a UUID's number hashes faster than a UUID
    for fact in placed:
        by_customer.setdefault(fact.customer_id.int, []).append(fact)
    facts_of = list(by_customer.values())
    totals = await standings.load_window_totals(
        tx, [facts[0].customer_id for facts in facts_of], [{fact.order.month for fact in facts} for facts in facts_of],
        rules.active, str(rules.zone),
    )  # fmt: skip
    accounts = []
    for loaded, facts in zip(totals, facts_of, strict=True):
        known_from = max([fact.recorded_at for fact in facts])
        earlier = WindowTotals(rules.active.months, loaded.windows)
        accounts.append(OrderAccount(loaded.standing, [fact.order for fact in facts], earlier, known_from))
    await _load_histories_where_late(tx, accounts, totals, rules)
    return accounts


async def _load_histories_where_late(
    tx: Transaction, accounts: Sequence[OrderAccount], totals: Sequence[StandingWithTotals], rules: Rules
) -> None:
    """The exact path where an order is older than one that was counted, and could matter (T10)."""
    policy = rules.active
    late: list[tuple[OrderAccount, date]] = []
    for account, loaded in zip(accounts, totals, strict=True):
        standing, windows, newest_at = account.standing, loaded.windows, loaded.newest_at
        if not come_in_order(standing, newest_at, account.orders) and not nothing_can_move(
            standing, windows, newest_at, account.orders, policy, rules.zone
        ):
            late.append((account, first_month(min(windows), policy.months)))
    if late:
        customers = [account.standing.customer_id for account, _ in late]
        orders = await order_facts.list_orders(tx, customers, [since for _, since in late])
        for account, _ in late:
            account.earlier = OrderHistory(policy.months, orders[account.standing.customer_id])


async def _accounts_with_timelines(tx: Transaction, placed: Sequence[PlacedOrder], rules: Rules) -> list[OrderAccount]:
    """One order of each customer. What else is looked at may have been recorded just now."""
    standing_of = await standings.load_standings(tx, [fact.customer_id for fact in placed])
    requests = [
        SnapshotRequest(customer_id, matters_from(standing_of[customer_id], order), rules.active.months)
        for customer_id, order, *_ in placed
    ]
    timelines = await load_timelines(tx, requests, rules, rules.active.classes)
    return [
        OrderAccount(standing_of[fact.customer_id], [fact.order], timeline, tx.at)
        for fact, timeline in zip(placed, timelines, strict=True)
    ]


async def load_rules_behind(tx: Transaction, customers: Sequence[UUID]) -> Rules:
    """The policy in force, and those that these customers' open rows were decided by."""
    rules = await policies.load_rules(tx)
    standing_of = await standings.load_standings(tx, customers)
    keys = [standing.policy_key for standing in standing_of.values()]
    rules.earlier.update(await policies.list_policies_behind(tx, keys, rules))
    return rules


async def record_reversals(tx: Transaction, reversed_: Sequence[ReversedOrder], rules: Rules) -> list[ReversalAccount]:
    """Keep the reversals of a batch; returns the customers whose rise they may undo, with what decides that (K18)."""
    standing_of = await standings.load_standings(tx, [fact.customer_id for fact in reversed_])
    await order_facts.add_reversals(tx, reversed_)
    rises = [standing for standing in standing_of.values() if may_be_corrected(standing)]
    doubtful = await _no_longer_earned(tx, rises, rules)
    facts_of: dict[UUID, list[ReversedOrder]] = defaultdict(list)
    for fact in reversed_:
        facts_of[fact.customer_id].append(fact)
    earlier = await _load_earlier(tx, doubtful, facts_of, rules)
    looks_further = any(isinstance(facts, Timeline) for facts in earlier.values())
    return [
        ReversalAccount(
            standing,
            [fact.reversal for fact in facts_of[standing.customer_id]],
            earlier[standing.customer_id],
            tx.at if looks_further else max(fact.recorded_at for fact in facts_of[standing.customer_id]),
        )
        for standing in doubtful
    ]


async def _no_longer_earned(tx: Transaction, rises: Sequence[Standing], rules: Rules) -> list[Standing]:
    """Rises that today's figures as of their date do not carry any more, and those that have to be looked at closely.

    Where each reversal can only lower the figures, a rise that survives the whole batch survives each step.
    """
    figures = await order_facts.list_figures(tx, [_request(standing, rules) for standing in rises])
    doubtful = []
    for standing, (sums, month) in zip(rises, figures, strict=True):
        policy = rules.behind(standing.policy_key)
        if not policy.monotone or policy.grade(sums, month) < standing.rank:
            doubtful.append(standing)
    return doubtful


async def _load_earlier(
    tx: Transaction, doubtful: Sequence[Standing], facts_of: dict[UUID, list[ReversedOrder]], rules: Rules
) -> dict[UUID, OrderHistory | Timeline]:
    """Everything known of a customer where the policy behind the rise, or the one a later rise is measured by, looks
    at more than orders."""
    further, orders_only = list[Standing](), list[Standing]()
    for standing in doubtful:
        looks_further = rules.behind(standing.policy_key).classes or rules.active.classes
        (further if looks_further else orders_only).append(standing)
    earlier: dict[UUID, OrderHistory | Timeline] = {}
    earlier.update(await _orders_before(tx, orders_only, facts_of, rules))
    classes = rules.active.classes.union(*(rules.behind(standing.policy_key).classes for standing in further))
    timelines = await load_timelines(tx, [_request(standing, rules) for standing in further], rules, classes)
    earlier.update((standing.customer_id, timeline) for standing, timeline in zip(further, timelines, strict=True))
    return earlier


async def _orders_before(
    tx: Transaction, doubtful: Sequence[Standing], facts_of: dict[UUID, list[ReversedOrder]], rules: Rules
) -> dict[UUID, OrderHistory]:
    """The orders of these customers as they were before this batch (the facts have it taken off already)."""
    months = max((policy.months for policy in chain([rules.active], rules.earlier.values())), default=0)
    since = [first_month(month_of(_since(standing), rules.zone), months) for standing in doubtful]
    orders = await order_facts.list_orders(tx, [standing.customer_id for standing in doubtful], since)
    histories = {}
    for standing in doubtful:
        customer_id = standing.customer_id
        history = OrderHistory(rules.behind(standing.policy_key).months, orders[customer_id])
        for fact in facts_of[customer_id]:
            history.restore(fact.reversal)
        histories[customer_id] = history
    return histories


def _request(standing: Standing, rules: Rules) -> SnapshotRequest:
    """The request for what a rise was graded by: its customer as of its date, over the window of the policy behind
    it."""
    return SnapshotRequest(standing.customer_id, _since(standing), rules.behind(standing.policy_key).months)


def _since(standing: Standing) -> datetime:
    assert standing.since is not None  # a rise began some day
    return standing.since


async def load_timelines(
    tx: Transaction, requests: Sequence[SnapshotRequest], rules: Rules, classes: AbstractSet[str]
) -> list[Timeline]:
    """A timeline for each request: its customer as of its instant, and as of each order that is later than that."""
    customers = [request.customer_id for request in requests]
    later = await order_facts.list_orders(tx, customers, [month_of(request.as_of, rules.zone) for request in requests])
    requests_of_timelines: list[list[SnapshotRequest]] = []
    for request in requests:
        placed = {order.placed_at for order in later[request.customer_id] if order.placed_at > request.as_of}
        instants = sorted(placed | {request.as_of})
        requests_of_timelines.append([request._replace(as_of=instant) for instant in instants])
    snapshots = iter(await load_snapshots(tx, list(chain.from_iterable(requests_of_timelines)), classes=classes))
    return [Timeline(islice(snapshots, len(of_timeline))) for of_timeline in requests_of_timelines]


async def load_later_orders(
    tx: Transaction, customers: Sequence[UUID], decided_for: datetime, rules: Rules
) -> dict[UUID, OrderHistory | Timeline]:
    """What a decision looks at as of an instant and as of each later order (T10), of those customers who have some."""
    ordered = await order_facts.list_who_ordered_after(tx, customers, decided_for)
    chosen = [customer_id for customer_id in customers if customer_id in ordered]
    if not chosen:
        return {}
    policy = rules.active
    if policy.classes:
        requests = [SnapshotRequest(customer_id, decided_for, policy.months) for customer_id in chosen]
        return dict(zip(chosen, await load_timelines(tx, requests, rules, policy.classes), strict=True))
    first = first_month(month_of(decided_for, rules.zone), policy.months)
    orders = await order_facts.list_orders(tx, chosen, [first] * len(chosen))
    return {customer_id: OrderHistory(policy.months, orders[customer_id]) for customer_id in chosen}
