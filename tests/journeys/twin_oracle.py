"""What customers of whom some are one have to be (P12), by the facts alone: tiers by brute force, sums by adding up."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.journeys.points_oracle import worth
from tests.journeys.twin_facts import PIECES, Customers, Merge, Order
from tests.tiering_svc.shorthand import bands_document
from tests.tiering_svc.tiers import merge_oracle
from tests.tiering_svc.tiers.merge_oracle import Company
from tests.tiering_svc.tiers.tier_life_oracle import Facts, Row

POLICY = bands_document(
    ("silver", "800"), ("gold", "2400"), ("platinum", "4800"), lowest="basic", months=12, grace_months=1
)
"""What is in force from the first start on: by the spend of twelve months, up at once, down after a month of grace."""


def left_of(customers: Customers, order: Order) -> Decimal:
    """The amount that did not come back."""
    pieces = PIECES - sum(back.order is order for back in customers.returns)
    return order.amount * pieces / PIECES


def histories(
    customers: Customers, merges: Sequence[Merge], reviews: Sequence[datetime], now: datetime
) -> Mapping[int, Sequence[Row]]:
    """The tiers that each of them has and had, with when and by what each began."""
    facts: dict[UUID, Facts] = {}
    ids = [UUID(customer_id) for customer_id in customers.ids]
    for who, customer in enumerate(ids):
        orders = [order for order in customers.orders if order.who == who]
        facts[customer] = Facts(
            POLICY,
            orders=[
                {"id": UUID(order.order_id), "placed_at": order.placed_at, "amount": order.amount, "quantity": PIECES,
                 "cost": None}
                for order in orders
            ],
            reversals=[
                {"id": UUID(back.return_id), "order": UUID(back.order.order_id), "at": back.at,
                 "amount": back.order.amount / PIECES, "quantity": 1}
                for back in customers.returns if back.order.who == who
            ],
            reviews=[{"as_of": as_of, "policy": POLICY, "cutoffs": None} for as_of in reviews],
        )  # fmt: skip
    in_force = [{"root": ids[merge.root], "absorbed": ids[merge.absorbed], "at": merge.at} for merge in merges]
    lives = merge_oracle.lives(Company(facts, in_force), now)
    return {who: lives[customer][0] for who, customer in enumerate(ids)}


def expected_worths(
    customers: Customers, merges: Sequence[Merge], reviews: Sequence[datetime], now: datetime
) -> Iterator[tuple[str, int, int]]:
    """(order, whose, points): what each order earned by the tier that its customer had when it was placed."""
    rows = histories(customers, merges, reviews, now)
    for order in customers.orders:
        tiers = [row.tier for row in rows[order.who] if row.effective_from <= order.placed_at]
        yield order.order_id, order.who, worth(left_of(customers, order), tiers[-1] if tiers else None)


def expected_orders(customers: Customers, members: Collection[int]) -> dict[str, Any]:
    """What an overview says of the orders of all who are one."""
    orders = [order for order in customers.orders if order.who in members]
    returns = [back for back in customers.returns if back.order.who in members]
    ordered = sum((order.amount for order in orders), Decimal(0))
    returned = sum((back.order.amount / PIECES for back in returns), Decimal(0))
    last = max(orders, key=lambda order: (order.placed_at, order.order_id))
    return {
        "count": len(orders), "returns": len(returns), "cancelled": 0, "ordered": ordered, "returned": returned,
        "revenue": ordered - returned, "first_at": min(order.placed_at for order in orders),
        "last_at": last.placed_at, "last_id": last.order_id,
        "last_return_at": max((back.at for back in returns), default=None),
    }  # fmt: skip
