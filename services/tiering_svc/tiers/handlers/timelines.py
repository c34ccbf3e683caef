"""What is known of customers at later instants that a decision looks at: as of each order that followed."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from services.tiering_svc.core.domain.calendar import first_month, month_of
from services.tiering_svc.indicators.domain.order_aggregates import OrderHistory
from services.tiering_svc.indicators.repository import order_facts as facts
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.tier_changes import TierDecision, after_later_orders
from services.tiering_svc.tiers.domain.timeline import Timeline
from shared.messaging import Transaction


async def follow_later_orders(
    tx: Transaction, decided: Sequence[TierDecision], decided_for: datetime, rules: Rules
) -> list[TierDecision]:
    """What was decided for an instant, and then what orders placed after it and counted already make of it (T10). The
    customers are locked."""
    policy, followed = rules.active, list(decided)
    ordered = await facts.list_who_ordered_after(tx, [standing.customer_id for standing, _ in decided], decided_for)
    places = [n for n, (standing, _) in enumerate(decided) if standing.customer_id in ordered]
    if not places:
        return followed
    customers = [decided[n][0].customer_id for n in places]
    books: Sequence[OrderHistory | Timeline]
    if policy.classes:
        since, months = [decided_for] * len(places), [policy.months] * len(places)
        books = await load_timelines(tx, customers, since, months, rules, policy.classes)
    else:
        first = first_month(month_of(decided_for, rules.zone), policy.months)
        found = await facts.list_orders(tx, customers, [first] * len(places))
        books = [OrderHistory(policy.months, found[customer_id]) for customer_id in customers]
    for n, book in zip(places, books, strict=True):
        standing, changes = decided[n]
        standing, later = after_later_orders(standing, decided_for, book, rules)
        followed[n] = standing, [*changes, *later]
    return followed


async def load_timelines(
    tx: Transaction,
    customers: Sequence[UUID],
    since: Sequence[datetime],
    months: Sequence[int],
    rules: Rules,
    classes: AbstractSet[str],
) -> list[Timeline]:
    """Of each customer: as of an instant, and as of each order that is later than that."""
    later = await facts.list_orders(tx, customers, [month_of(start, rules.zone) for start in since])
    asked: list[tuple[int, datetime]] = []
    for n, (customer_id, start) in enumerate(zip(customers, since, strict=True)):
        instants = {start} | {order.placed_at for order in later[customer_id] if order.placed_at > start}
        asked += [(n, instant) for instant in sorted(instants)]
    known = await load_snapshots(
        tx, [customers[n] for n, _ in asked], [instant for _, instant in asked], [months[n] for n, _ in asked],
        classes=classes,
    )  # fmt: skip
    found: list[list[int]] = [[] for _ in customers]
    for place, (n, _) in enumerate(asked):
        found[n].append(place)
    return [Timeline(known[place] for place in places) for places in found]
