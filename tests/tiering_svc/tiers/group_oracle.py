"""The life of the head of a group by brute force (P2, T10), on top of the oracle of one customer.

Who was a member is found anew for every question, by walking up from everybody: nothing is remembered. An order has
`customer`, who placed it; the facts are those of the head, with the orders and reversals of everybody. A change of a
group has customer, since, parent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from tests.tiering_svc.tiers import tier_life_oracle as oracle
from tests.tiering_svc.tiers.tier_life_oracle import Decisions, Document, Fact, Facts, Life, Row, Watch

NOBODY = UUID(int=0)
TICK = timedelta(microseconds=1)


@dataclass
class GroupFacts(Facts):
    """All that is known of everybody, as it concerns one head."""

    head: UUID = NOBODY
    changes: list[Fact] = field(default_factory=list)


def parent_at(changes: Sequence[Fact], customer: UUID, t: datetime) -> UUID | None:
    own = [change for change in changes if change["customer"] == customer and change["since"] <= t]
    parent: UUID | None = max(own, key=lambda change: change["since"])["parent"] if own else None
    return parent


def is_member(changes: Sequence[Fact], head: UUID, customer: UUID, t: datetime) -> bool:
    """Whether the way up from the customer comes to the head, who is below nobody."""
    if customer == head:
        return True
    if parent_at(changes, head, t) is not None:
        return False
    seen = set[UUID]()
    above: UUID | None = customer
    while above is not None and above not in seen:
        seen.add(above)
        above = parent_at(changes, above, t)
        if above == head:
            return True
    return False


def members_at(facts: GroupFacts, t: datetime) -> set[UUID]:
    everybody = {facts.head} | {change["customer"] for change in facts.changes}
    return {customer for customer in everybody if is_member(facts.changes, facts.head, customer, t)}


class GroupLife(Life):
    facts: GroupFacts

    def members(self, t: datetime, policy: Document) -> set[UUID]:
        return members_at(self.facts, t) if policy.get("groups") == "together" else {self.facts.head}

    def end_an_override(self, t: datetime, policy: Document) -> None:
        """It comes first at an instant; members who come or go are next, whether there is an order or not."""
        super().end_an_override(t, policy)
        anything = any(order["placed_at"] == t and self.left[order["id"]][1] > 0 for order in self.facts.orders)
        if not anything:
            self.take_orders(t, policy)

    def take_orders(self, t: datetime, policy: Document) -> None:
        members = self.members(t, policy)
        live = [order for order in self.facts.orders if order["placed_at"] == t and self.left[order["id"]][1] > 0]
        if any(order["customer"] in members for order in live):
            super().take_orders(t, policy)
        elif policy.get("groups") == "together" and members != members_at(self.facts, t - TICK):
            self.counted = members
            at_once = policy.get("life", {}).get("up_at_once", True)
            placed = at_once and self.orders_in_window(t, oracle.months_of(policy))
            if self.state.tier is not None or placed:
                super().take_orders(t, policy)

    def review(self, t: datetime, policy: Document) -> str:
        self.counted = self.members(t, policy)
        return super().review(t, policy)

    def value(self, t: datetime, policy: Document) -> Decimal | None:
        self.counted = self.members(t, policy)
        return super().value(t, policy)

    def orders_in_window(self, t: datetime, months: int) -> list[Fact]:
        return [order for order in super().orders_in_window(t, months) if order["customer"] in self.counted]


def history(facts: GroupFacts, until: datetime | None = None) -> list[Row]:
    """The rows in force, oldest first."""
    return whole_life(facts, until).rows


def watch(facts: GroupFacts, until: datetime | None = None) -> Watch:
    state = whole_life(facts, until).state
    return Watch(state.below_since, state.grace_until, state.retained_until)


def whole_life(facts: GroupFacts, until: datetime | None) -> GroupLife:
    """The fold of all facts, corrected by all histories that were right before some reversal."""
    highest: Decisions = {}
    reversals = sorted(facts.reversals, key=lambda reversal: (oracle.time_of(facts, reversal), reversal["id"]))
    for number, reversal in enumerate(reversals):
        right_before = fold(facts, reversals[:number], highest, oracle.time_of(facts, reversal))
        for instant, decision in right_before.decisions.items():
            known = highest.get(instant)
            if known is None or decision.rank >= known.rank:
                highest[instant] = decision
    return fold(facts, reversals, highest, until)


def fold(facts: GroupFacts, reversals: Sequence[Fact], highest: Decisions, until: datetime | None) -> GroupLife:
    instants = {order["placed_at"] for order in facts.orders} | {change["since"] for change in facts.changes}
    instants |= {o["starts_at"] for o in facts.overrides} | {oracle.end_of(o) for o in facts.overrides}
    instants |= {p["starts_at"] for p in facts.promises} | {r["as_of"] for r in facts.reviews}
    life = GroupLife(facts, reversals, highest)
    for instant in sorted(instants):
        if until is None or instant <= until:
            life.walk(instant)
    return life
