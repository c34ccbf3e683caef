"""The life of one customer's tier by brute force (T10, K20), written from the rule's words alone.

Facts are dicts in lists, policies are documents as they are sent (one indicator, stars, shares with kept cut-offs).
Every grade adds up every order again, every history that was right before some return is made again: O(n^3), nothing
is remembered, nothing is shared with the product.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

Fact = dict[str, Any]
Document = dict[str, Any]


NOTHING_YET = datetime(1, 1, 1, tzinfo=UTC)


class Row(NamedTuple):
    """A row of the history in force."""

    effective_from: datetime
    tier: str
    kind: str
    previous_tier: str | None


class Watch(NamedTuple):
    """What is being watched at the end."""

    below_since: datetime | None
    grace_until: datetime | None
    retained_until: datetime | None


class Reviewed(NamedTuple):
    """What a review made of the customer: `placed`, `up`, `down`, `grace`, `kept`, `overridden`, `no_orders`."""

    as_of: datetime
    outcome: str
    from_tier: str | None
    to_tier: str | None


@dataclass
class Facts:
    """All that is known of one customer."""

    first_policy: Document  # in force before all activations
    orders: list[Fact] = field(default_factory=list)  # id, placed_at, amount, quantity, cost (of a piece, or None)
    reversals: list[Fact] = field(default_factory=list)  # id, order, at, amount, quantity
    reviews: list[Fact] = field(default_factory=list)  # as_of, policy, cutoffs ([{tier, from}] lowest first, or None)
    activations: list[Fact] = field(default_factory=list)  # at, policy
    overrides: list[Fact] = field(default_factory=list)  # tier, policy (of when it was set), starts_at, until, ended_at
    promises: list[Fact] = field(default_factory=list)  # starts_at, until, ended_at
    zone: tzinfo = UTC
    first_known: datetime = NOTHING_YET  # when the first order or override had been recorded

    def policy_when_known(self) -> Document:
        """In force when the customer's first fact had been recorded."""
        activated = [(a["at"], n) for n, a in enumerate(self.activations) if a["at"] <= self.first_known]
        policy: Document = self.activations[max(activated)[1]]["policy"] if activated else self.first_policy
        return policy

    def concerning(self) -> list[Fact]:
        """The reviews that concern the customer: not those that another policy had done before it was known."""
        first = self.policy_when_known()
        return [
            r for r in self.reviews if r.get("applied_at", self.first_known) >= self.first_known or r["policy"] == first
        ]


@dataclass
class State:
    tier: str | None = None
    rank: int = -1
    ladder: str = ""
    below_since: datetime | None = None
    grace_until: datetime | None = None
    retained_until: datetime | None = None
    override: Fact | None = None
    promise: Fact | None = None


class Decision(NamedTuple):
    """The tier that was decided for an instant, and whether that made a row."""

    rank: int
    tier: str
    ladder: str
    moved: bool


Decisions = dict[datetime, Decision]


def history(facts: Facts, until: datetime | None = None) -> list[Row]:
    """The rows in force, oldest first; of what happened `until` then, if given."""
    return live(facts, until)[0]


def watch(facts: Facts, until: datetime | None = None) -> Watch:
    state = live(facts, until)[1]
    return Watch(state.below_since, state.grace_until, state.retained_until)


def reviews_of(facts: Facts) -> list[Reviewed]:
    """What the reviews made of the customer, in the order of their dates."""
    return whole_life(facts, None).reviewed


def live(facts: Facts, until: datetime | None = None) -> tuple[list[Row], State]:
    life = whole_life(facts, until)
    return life.rows, life.state


def whole_life(facts: Facts, until: datetime | None) -> "Life":
    """The fold of all facts, corrected by all histories that were right before some reversal."""
    highest: Decisions = {}
    reversals = sorted(facts.reversals, key=lambda reversal: (time_of(facts, reversal), reversal["id"]))
    for number, reversal in enumerate(reversals):
        right_before = fold(facts, reversals[:number], highest, time_of(facts, reversal))
        for instant, decision in right_before.decisions.items():
            known = highest.get(instant)
            if known is None or decision.rank >= known.rank:
                highest[instant] = decision
    return fold(facts, reversals, highest, until)


def fold(facts: Facts, reversals: Sequence[Fact], highest: Decisions, until: datetime | None) -> "Life":
    instants = {order["placed_at"] for order in facts.orders}
    instants |= {o["starts_at"] for o in facts.overrides} | {end_of(o) for o in facts.overrides}
    instants |= {p["starts_at"] for p in facts.promises} | {r["as_of"] for r in facts.concerning()}
    life = Life(facts, reversals, highest)
    for instant in sorted(instants):
        if until is None or instant <= until:
            life.walk(instant)
    return life


class Life:
    def __init__(self, facts: Facts, reversals: Sequence[Fact], highest: Decisions) -> None:
        self.facts = facts
        self.highest = highest
        self.left = {order["id"]: self.left_of(order, reversals) for order in facts.orders}  # amount and pieces
        self.months = {order["id"]: self.month(order["placed_at"]) for order in facts.orders}
        self.state = State()
        self.rows: list[Row] = []
        self.decisions: Decisions = {}
        self.reviewed: list[Reviewed] = []

    def walk(self, t: datetime) -> None:
        self.at = t
        self.tier_before = self.state.tier
        self.row: Row | None = None
        self.assessed = False
        policy = self.governing(t)
        self.end_an_override(t, policy)
        if any(order["placed_at"] == t and self.left[order["id"]][1] > 0 for order in self.facts.orders):
            self.take_orders(t, policy)
        self.start_an_override(t)
        for promise in self.facts.promises:
            if promise["starts_at"] == t:
                self.state.promise = promise
        for review in self.facts.concerning():
            if review["as_of"] == t:
                from_tier, policy = self.state.tier, review["policy"]
                outcome = self.review(t, policy)
                self.reviewed.append(Reviewed(t, outcome, from_tier, self.state.tier))
        if self.state.override is None:
            self.correct(t, policy)
        if self.row is not None:
            self.rows.append(self.row)

    # --- the five things that happen ---

    def end_an_override(self, t: datetime, policy: Document) -> None:
        state = self.state
        if state.override is None or end_of(state.override) != t:
            return
        state.override, self.assessed = None, True
        rank = self.grade(t, policy)
        if ladder_of(policy) != state.ladder or rank > state.rank:
            self.move(policy, rank, "upgrade")
        elif rank < state.rank:
            self.move(policy, rank, "downgrade")

    def take_orders(self, t: datetime, policy: Document) -> None:
        state, rank = self.state, self.grade(t, policy)
        at_once = policy.get("life", {}).get("up_at_once", True)
        if state.tier is None:
            self.move(policy, rank if at_once else 0, "first")
        elif state.override is not None or state.ladder != ladder_of(policy):
            return
        elif rank > state.rank and at_once:
            self.move(policy, rank, "upgrade")
        elif rank >= state.rank:
            state.below_since = state.grace_until = None

    def start_an_override(self, t: datetime) -> None:
        for override in self.facts.overrides:
            if override["starts_at"] == t and end_of(override) > t:
                self.move(override["policy"], rank_in(override["policy"], override["tier"]), "override")
                self.state.override, self.state.promise = override, None

    def review(self, t: datetime, policy: Document) -> str:
        state = self.state
        if state.override is not None:
            return "overridden"
        if state.tier is None and not self.orders_in_window(t, months_of(policy)):
            return "no_orders"
        self.assessed = True
        rank = self.grade(t, policy)
        if state.tier is None or state.ladder != ladder_of(policy):
            self.move(policy, rank, "first")
            return "placed"
        if rank > state.rank:
            self.move(policy, rank, "upgrade")
            return "up"
        if rank == state.rank:
            state.below_since = state.grace_until = None
            return "kept"
        if state.below_since is None:
            state.below_since = t
            state.grace_until = add_months(t, life_of(policy, "grace_months", 1), self.facts.zone)
        kept_until = (state.grace_until, state.retained_until, self.promised(t))
        if any(kept is not None and t < kept for kept in kept_until):
            return "grace"
        self.move(policy, rank, "downgrade")
        return "down"

    # --- what a decision does ---

    def move(self, policy: Document, rank: int, kind: str) -> None:
        """Another row. A rise is kept for a while; every row is a new beginning for what is watched."""
        state, keep = self.state, life_of(policy, "keep_months", 0)
        state.tier, state.rank, state.ladder = tier_at(policy, rank), rank, ladder_of(policy)
        state.below_since = state.grace_until = state.retained_until = None
        if kind in ("first", "upgrade") and keep:
            state.retained_until = add_months(self.at, keep, self.facts.zone)
        self.row = Row(self.at, state.tier, kind, self.tier_before)

    def correct(self, t: datetime, policy: Document) -> None:
        """The row is a correction where a higher tier had been decided. A review that had only kept a tier made no row,
        so none is left of it, unless the tier falls there now."""
        state, fallen = self.state, self.highest.get(t)
        if fallen is not None and state.tier is None:  # all that had placed it came back
            self.move(policy, self.grade(t, policy), "first")
        lower = fallen is not None and state.rank < fallen.rank and state.ladder == fallen.ladder == ladder_of(policy)
        if fallen is not None and lower:
            if self.row is not None or fallen.moved:
                assert state.tier is not None
                self.row = Row(t, state.tier, "correction", fallen.tier)
        elif state.tier is not None and (self.row.kind != "downgrade" if self.row is not None else self.assessed):
            self.decisions[t] = Decision(state.rank, state.tier, state.ladder, self.row is not None)

    def promised(self, t: datetime) -> datetime | None:
        promise = self.state.promise
        if promise is None or (promise["ended_at"] is not None and promise["ended_at"] <= t):
            return None
        until: datetime = promise["until"]
        return until

    # --- policies and figures ---

    def governing(self, t: datetime) -> Document:
        """An activation since the customer is known or a review that concerns it, whichever is the later; at one
        instant the review. Before these, the policy in force when its first fact had been recorded."""
        reviewed = [(r["as_of"], 1, n, r["policy"]) for n, r in enumerate(self.facts.concerning()) if r["as_of"] <= t]
        activated = [
            (a["at"], 0, n, a["policy"])
            for n, a in enumerate(self.facts.activations)
            if self.facts.first_known < a["at"] <= t
        ]
        candidates = activated + reviewed
        return max(candidates, key=lambda c: c[:3])[3] if candidates else self.facts.policy_when_known()

    def grade(self, t: datetime, policy: Document) -> int:
        value = self.value(t, policy)
        less = policy.get("better") == "less"
        if policy["kind"] == "star":
            starts = [(band["tier"], band["over"]) for band in policy["star"]["thresholds"]]
        elif policy["kind"] == "single_indicator":
            starts = [(band["tier"], band["up_to" if less else "from"]) for band in policy["bands"]]
        else:
            starts = [(cutoff["tier"], cutoff["from"]) for cutoff in self.cutoffs(t, policy)]
        if value is None:
            unknown = policy.get("unknown") or "lowest"
            return 0 if unknown == "lowest" else rank_in(policy, unknown["tier"])
        rank = 0
        for tier, start in starts:
            limit = Decimal(start)
            if value > limit or (value == limit and policy["kind"] != "star") if not less else value <= limit:
                rank = max(rank, rank_in(policy, tier))
        return rank

    def cutoffs(self, t: datetime, policy: Document) -> list[Fact]:
        reviews = self.facts.concerning()
        own = [(r["as_of"], n) for n, r in enumerate(reviews) if r["policy"] == policy and r["as_of"] <= t]
        return (reviews[max(own)[1]]["cutoffs"] or []) if own else []

    def value(self, t: datetime, policy: Document) -> Decimal | None:
        orders = self.orders_in_window(t, months_of(policy))
        nets = [self.left[order["id"]] for order in orders]
        amount = sum((net for net, _ in nets), Decimal(0))
        if policy["kind"] == "star":
            this_month = self.month(t)
            months = range(this_month - policy["star"]["months"], this_month)
            by_month = {month: Decimal(0) for month in months}
            for order, (net, _) in zip(orders, nets, strict=True):
                if (month := self.months[order["id"]]) in by_month:
                    by_month[month] += net
            return min(by_month.values())
        match policy.get("indicator") or "amount":
            case "amount":
                return amount
            case "orders":
                return Decimal(len(orders))
            case "average_order":
                return amount / len(orders) if orders else None
            case "margin":
                margins = [
                    net - order["cost"] * pieces
                    for order, (net, pieces) in zip(orders, nets, strict=True)
                    if order["cost"] is not None
                ]
                return sum(margins, Decimal(0)) if margins else None
            case other:
                raise AssertionError(f"the oracle has not learned {other}")

    def orders_in_window(self, t: datetime, months: int) -> list[Fact]:
        """Placed by `t`, in its month or the months before it, with something left."""
        last = self.month(t)
        return [
            order
            for order in self.facts.orders
            if order["placed_at"] <= t and last - self.months[order["id"]] < months and self.left[order["id"]][1] > 0
        ]

    def left_of(self, order: Fact, reversals: Sequence[Fact]) -> tuple[Decimal, int]:
        """Amount and pieces that did not come back."""
        amount, pieces = order["amount"], order["quantity"]
        for reversal in reversals:
            if reversal["order"] == order["id"]:
                amount, pieces = amount - reversal["amount"], pieces - reversal["quantity"]
        return amount, pieces

    def month(self, instant: datetime) -> int:
        local = instant.astimezone(self.facts.zone)
        return local.year * 12 + local.month - 1


def time_of(facts: Facts, reversal: Fact) -> datetime:
    """When a reversal happened: not before its order."""
    [placed_at] = [order["placed_at"] for order in facts.orders if order["id"] == reversal["order"]]
    return max(reversal["at"], placed_at)


def end_of(override: Fact) -> datetime:
    ended_at: datetime | None = override["ended_at"]
    until: datetime = override["until"]
    return until if ended_at is None else min(until, ended_at)


def add_months(instant: datetime, months: int, zone: tzinfo) -> datetime:
    """The same day and hour on the wall; the month's last day where it has no such day."""
    local = instant.astimezone(zone)
    index = local.year * 12 + local.month - 1 + months
    year, month = divmod(index, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(UTC)


def codes_of(policy: Document) -> list[str]:
    return [level["code"] for level in policy["levels"]]


def ladder_of(policy: Document) -> str:
    return "<".join(codes_of(policy))


def rank_in(policy: Document, tier: str) -> int:
    return codes_of(policy).index(tier)


def tier_at(policy: Document, rank: int) -> str:
    return codes_of(policy)[rank]


def months_of(policy: Document) -> int:
    months: int = policy["star"]["months"] + 1 if policy["kind"] == "star" else policy["window"]["months"]
    return months


def life_of(policy: Document, field_name: str, default: int) -> int:
    value: int = policy.get("life", {}).get(field_name, default)
    return value
