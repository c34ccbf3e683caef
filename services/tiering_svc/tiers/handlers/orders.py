"""Orders and what came back of them: the facts land in their months, and tiers follow at once (T1, T10, K13, K18)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from itertools import chain
from uuid import UUID

from services.tiering_svc.core.domain.calendar import first_month, month_of
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.order_aggregates import OrderAggregates, OrderHistory, WindowTotals
from services.tiering_svc.indicators.domain.product_mix import LinesSummed, sum_up
from services.tiering_svc.indicators.repository import order_facts as facts
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.order_history import come_in_order, nothing_can_move
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import (
    RowEnding,
    TierChange,
    after_order,
    after_reversal,
    endings,
    looked_at_from,
    may_be_corrected,
)
from services.tiering_svc.tiers.domain.timeline import Timeline, rounds
from services.tiering_svc.tiers.handlers.timelines import load_timelines
from services.tiering_svc.tiers.repository import standings
from services.tiering_svc.tiers.repository.standings import Account, KnownFrom
from shared.events import OrderCancelled, OrderPlaced, OrderReturned
from shared.messaging import Transaction, announce


async def when_orders_are_placed_reassess_tiers(tx: Transaction, events: Sequence[OrderPlaced]) -> None:
    rules = await policies.load_rules(tx)
    summed = [sum_up(event.lines) for event in events]
    orders = [order_of(event, lines, rules.zone) for event, lines in zip(events, summed, strict=True)]
    mixes = [lines.mix for lines in summed]
    if rules.active.classes:  # sums are not enough: one order of each customer at a time, with all that is known
        for places in rounds(event.customer_id.int for event in events):
            await _reassess_the_whole_way(
                tx, [events[n] for n in places], [orders[n] for n in places], [mixes[n] for n in places], rules
            )
        return
    mine = _by_customer(events, orders)
    customers = [customer_id for customer_id, _ in mine]
    months = [{order.month for order in its} for _, its in mine]
    accounts = await standings.load_accounts(tx, customers, months, rules.active, str(rules.zone))
    books = await _open_books(tx, accounts, mine, rules)
    await facts.add_orders(tx, events, orders, mixes)
    decided = _Decided(_told(events))
    for account, book, (_, its) in zip(accounts, books, mine, strict=True):
        standing, changes = account.standing, list[TierChange]()
        for order in its:
            standing, made = after_order(standing, order, book, rules)
            changes += made
        decided.add(account.standing, standing, changes)
    await decided.save(tx)


async def _reassess_the_whole_way(
    tx: Transaction, events: Sequence[OrderPlaced], orders: Sequence[Order], mixes: Sequence[str], rules: Rules
) -> None:
    """One order of each of these customers."""
    await facts.add_orders(tx, events, orders, mixes)
    customers = [event.customer_id for event in events]
    found = await standings.load_standings(tx, customers)
    since = [looked_at_from(found[c], order) for c, order in zip(customers, orders, strict=True)]
    policy = rules.active
    books = await load_timelines(tx, customers, since, [policy.months] * len(customers), rules, policy.classes)
    decided = _Decided(dict.fromkeys(customers, tx.at))  # what else was looked at may have been recorded just now
    for customer_id, order, book in zip(customers, orders, books, strict=True):
        decided.add(found[customer_id], *after_order(found[customer_id], order, book, rules))
    await decided.save(tx)


def _by_customer(events: Sequence[OrderPlaced], orders: Sequence[Order]) -> list[tuple[UUID, list[Order]]]:
    """Each customer's orders, in the order they were recorded. (A UUID's number hashes faster than a UUID.)"""
    found: dict[int, tuple[UUID, list[Order]]] = {}
    for event, order in zip(events, orders, strict=True):
        customer_id = event.customer_id
        if (its := found.get(customer_id.int)) is None:
            its = found[customer_id.int] = (customer_id, [])
        its[1].append(order)
    return list(found.values())


async def _open_books(
    tx: Transaction, accounts: Sequence[Account], mine: Sequence[tuple[UUID, list[Order]]], rules: Rules
) -> list[OrderAggregates]:
    """The quick book for those whose orders come in order of time; the exact one where a late order could matter."""
    policy = rules.active
    books: list[OrderAggregates] = [WindowTotals(policy.months, account.windows) for account in accounts]
    late: dict[int, date] = {}
    for n, (account, (_, orders)) in enumerate(zip(accounts, mine, strict=True)):
        standing, windows, newest_at = account.standing, account.windows, account.newest_at
        if not come_in_order(standing, newest_at, orders) and not nothing_can_move(
            standing, windows, newest_at, orders, policy, rules.zone
        ):
            late[n] = first_month(min(windows), policy.months)
    if late:
        found = await facts.list_orders(tx, [mine[n][0] for n in late], list(late.values()))
        for n in late:
            books[n] = OrderHistory(policy.months, found[mine[n][0]])
    return books


async def when_orders_are_returned_correct_what_stood_on_them(tx: Transaction, events: Sequence[OrderReturned]) -> None:
    await _reverse(tx, "return", events, [event.return_id for event in events], [event.returned_at for event in events])


async def when_orders_are_cancelled_correct_what_stood_on_them(
    tx: Transaction, events: Sequence[OrderCancelled]
) -> None:
    await _reverse(
        tx, "cancellation", events, [event.order_id for event in events], [event.cancelled_at for event in events]
    )


async def _reverse(
    tx: Transaction, kind: str, events: Sequence[OrderReturned | OrderCancelled], change_ids: Sequence[UUID],
    at: Sequence[datetime],
) -> None:  # fmt: skip
    rules = await policies.load_rules(tx)
    found = await standings.load_standings(tx, [event.customer_id for event in events])
    rules.earlier.update(await policies.list_policies_behind(tx, (s.policy_key for s in found.values()), rules))
    if not any(policy.classes for policy in chain([rules.active], rules.earlier.values())):
        await _reverse_together(tx, kind, events, change_ids, at, rules, found)
        return
    for places in rounds(event.customer_id.int for event in events):  # one thing of each customer at a time
        its = [events[n] for n in places]
        found = await standings.load_standings(tx, [event.customer_id for event in its])
        await _reverse_together(tx, kind, its, [change_ids[n] for n in places], [at[n] for n in places], rules, found)


async def _reverse_together(
    tx: Transaction, kind: str, events: Sequence[OrderReturned | OrderCancelled], change_ids: Sequence[UUID],
    at: Sequence[datetime], rules: Rules, found: Mapping[UUID, Standing],
) -> None:  # fmt: skip
    summed = [sum_up(event.lines) for event in events]
    taken = [taken_of(event, lines) for event, lines in zip(events, summed, strict=True)]
    customers = [event.customer_id for event in events]
    await facts.add_reversals(
        tx, kind=kind, customers=customers, change_ids=change_ids, at=at,
        months=[month_of(instant, rules.zone) for instant in at], taken=taken,
        recorded_at=[event.meta.recorded_at for event in events], mixes=[lines.mix for lines in summed],
    )  # fmt: skip
    rises = [standing for standing in found.values() if may_be_corrected(standing)]
    doubtful = await _no_longer_earned(tx, rises, rules)
    by_customer: dict[UUID, list[Reversal]] = defaultdict(list)
    for customer_id, one in zip(customers, taken, strict=True):
        by_customer[customer_id].append(one)
    books = await _books_of(tx, doubtful, by_customer, rules)
    whole = any(isinstance(book, Timeline) for book in books.values())
    decided = _Decided(dict.fromkeys(customers, tx.at) if whole else _told(events))
    for before in doubtful:
        standing, changes = before, list[TierChange]()
        for one in by_customer[before.customer_id]:
            standing, made = after_reversal(standing, one, books[before.customer_id], rules)
            changes += made
        decided.add(before, standing, changes)
    await decided.save(tx)


async def _no_longer_earned(tx: Transaction, rises: Sequence[Standing], rules: Rules) -> list[Standing]:
    """Rises that today's figures as of their date do not carry any more, and those that have to be looked at closely.

    Where each piece taken back can only lower the figures, a rise that survives the whole batch survives each step.
    """
    own = [rules.behind(standing.policy_key) for standing in rises]
    figures = await facts.list_figures(
        tx, [s.customer_id for s in rises], [_since(s) for s in rises], [p.months for p in own]
    )
    return [
        standing
        for standing, policy, (sums, month) in zip(rises, own, figures, strict=True)
        if not policy.monotone or policy.grade(sums, month) < standing.rank
    ]


async def _books_of(
    tx: Transaction, doubtful: Sequence[Standing], by_customer: dict[UUID, list[Reversal]], rules: Rules
) -> dict[UUID, OrderHistory | Timeline]:
    """Everything known where the policy behind the rise, or the one a later rise is measured by, looks at more."""
    whole = [s for s in doubtful if rules.behind(s.policy_key).classes or rules.active.classes]
    sums = [s for s in doubtful if not (rules.behind(s.policy_key).classes or rules.active.classes)]
    books: dict[UUID, OrderHistory | Timeline] = {}
    books.update(await _exact_books(tx, sums, by_customer, rules))
    classes = rules.active.classes.union(*(rules.behind(s.policy_key).classes for s in whole))
    moments = await load_timelines(
        tx, [s.customer_id for s in whole], [_since(s) for s in whole],
        [rules.behind(s.policy_key).months for s in whole],
        rules, classes,
    )  # fmt: skip
    books.update((s.customer_id, book) for s, book in zip(whole, moments, strict=True))
    return books


async def _exact_books(
    tx: Transaction, doubtful: Sequence[Standing], by_customer: dict[UUID, list[Reversal]], rules: Rules
) -> dict[UUID, OrderHistory]:
    """The orders of these customers as they stood before this batch (the facts have it taken off already)."""
    months = max((policy.months for policy in chain([rules.active], rules.earlier.values())), default=0)
    since = [first_month(month_of(_since(standing), rules.zone), months) for standing in doubtful]
    found = await facts.list_orders(tx, [standing.customer_id for standing in doubtful], since)
    books = {}
    for standing in doubtful:
        books[standing.customer_id] = book = OrderHistory(
            rules.behind(standing.policy_key).months, found[standing.customer_id]
        )
        for one in by_customer[standing.customer_id]:
            book.restore(one)
    return books


class _Decided:
    """What a batch decided, saved and announced at once."""

    def __init__(self, told: KnownFrom) -> None:
        self.told = told  # by customer: when the newest of its events had been recorded
        self.standings: list[Standing] = []
        self.changes: list[TierChange] = []
        self.endings: list[RowEnding] = []

    def add(self, before: Standing, after: Standing, changes: Sequence[TierChange]) -> None:
        if after is not before:
            self.standings.append(after)
            self.changes += changes
            self.endings += endings(before, changes)

    async def save(self, tx: Transaction) -> None:
        await standings.save_standings(tx, self.standings, self.told)
        await standings.save_history(tx, self.changes, self.endings, self.told)
        announce(tx, [change.event(tx.at) for change in self.changes])


def _told(events: Sequence[OrderPlaced | OrderReturned | OrderCancelled]) -> KnownFrom:
    told: dict[UUID, datetime] = {}
    for event in events:
        customer_id, recorded_at = event.customer_id, event.meta.recorded_at
        if customer_id not in told or recorded_at > told[customer_id]:
            told[customer_id] = recorded_at
    return told


def order_of(event: OrderPlaced, lines: LinesSummed, zone: tzinfo) -> Order:
    month = month_of(event.placed_at, zone)
    return Order(event.order_id, event.placed_at, month, event.amount, lines.margin, lines.quantity)


def taken_of(event: OrderReturned | OrderCancelled, lines: LinesSummed) -> Reversal:
    return Reversal(event.order_id, event.placed_at, event.amount, lines.margin, lines.quantity)


def _since(standing: Standing) -> datetime:
    assert standing.since is not None  # a rise began some day
    return standing.since
