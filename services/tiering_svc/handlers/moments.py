"""Loads all that is known of customers at the instants a decision looks at, for policies that need more than sums."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from services.tiering_svc.domain.moments import Moments
from services.tiering_svc.domain.months import month_of
from services.tiering_svc.domain.tier_life import Rules
from services.tiering_svc.repository import facts
from services.tiering_svc.repository.known import list_known
from shared.messaging import Transaction


async def open_moments(
    tx: Transaction,
    customers: Sequence[UUID],
    since: Sequence[datetime],
    months: Sequence[int],
    rules: Rules,
    classes: AbstractSet[str],
) -> list[Moments]:
    """Of each customer: as of an instant, and as of each order that is later than that."""
    later = await facts.list_orders(tx, customers, [month_of(start, rules.zone) for start in since])
    asked: list[tuple[int, datetime]] = []
    for n, (customer_id, start) in enumerate(zip(customers, since, strict=True)):
        instants = {start} | {order.placed_at for order in later[customer_id] if order.placed_at > start}
        asked += [(n, instant) for instant in sorted(instants)]
    known = await list_known(
        tx, [customers[n] for n, _ in asked], [instant for _, instant in asked], [months[n] for n, _ in asked],
        classes=classes,
    )  # fmt: skip
    found: list[list[int]] = [[] for _ in customers]
    for place, (n, _) in enumerate(asked):
        found[n].append(place)
    return [Moments(known[place] for place in places) for places in found]
