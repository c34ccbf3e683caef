"""The life of a tier by every kind of policy as a state machine (T10): whatever happens in whatever order, there is one
open tier, no gap, no overlap, and the same standing however the facts came in batches."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, pairwise
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.order_aggregates import OrderHistory
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, Receivables
from services.tiering_svc.policies.domain.defaults import DEFAULT_POLICIES
from services.tiering_svc.policies.domain.policy import Band, Policy, Rules
from services.tiering_svc.reviews.domain.review import review
from services.tiering_svc.tiers.domain.overrides import end_override, override, promise, withdraw_promise
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import (
    TierChange,
    after_order,
    after_reversal,
    endings,
    matters_from,
)
from services.tiering_svc.tiers.domain.timeline import Timeline
from tests.tiering_svc.shorthand import BEGINNING, CUSTOMER, back, order, policy_of

DAY = datetime(2025, 1, 1, tzinfo=UTC)


def ready(policy: Policy) -> Policy:
    """A policy of a population with cut-offs as a review might have left them."""
    if not policy.of_population:
        return policy
    starts = (Decimal(8), Decimal(15), Decimal(30)) if policy.scorecard else (Decimal(100), Decimal(400), Decimal(900))
    return policy.with_cutoffs([Band(rank, starts[rank - 1]) for rank in range(1, len(policy.levels))], UUID(int=77))


POLICIES = [ready(policy_of(shipped.document)) for shipped in DEFAULT_POLICIES]


class Life:
    """One customer's tier, and the facts it is folded from."""

    def __init__(self, policy: Policy) -> None:
        numbers = count(10_000)
        self.rules = Rules(policy, UTC, lambda: UUID(int=next(numbers)), BEGINNING, {})
        self.orders = OrderHistory(policy.months, [])
        self.standing = Standing(CUSTOMER)
        self.rows: list[tuple[TierChange, datetime | None]] = []  # those in force, with their ends

    def snapshot(self, at: datetime) -> CustomerSnapshot:
        _, month, figures = next(self.orders.walk(at, month_of(at, UTC)))
        days = None if not figures.orders else Decimal(figures.orders * 7)  # slower with every order
        paid = Receivables() if days is None else Receivables(collected=Decimal(1), collected_days=days)
        first = min((placed.placed_at for placed in self.orders.by_id.values() if placed.quantity), default=None)
        return CustomerSnapshot(figures, at, month, self.orders.months, first, figures.last_order_at, paid)

    def timeline(self, since: datetime) -> Timeline:
        later = {placed.placed_at for placed in self.orders.by_id.values() if placed.placed_at > since}
        return Timeline(self.snapshot(instant) for instant in {since, *later})

    def apply(self, decision: tuple[Standing, list[TierChange]]) -> None:
        before, (self.standing, changes) = self.standing, decision
        ended = {ending.row_id: ending.ends_at for ending in endings(before, changes)}
        rows = self.rows + [(change, None) for change in changes]
        self.rows = [
            (change, ended.get(change.row_id, end))
            for change, end in rows
            if change.row_id not in ended or ended[change.row_id] is not None
        ]

    def place(self, placed: Order) -> None:
        if self.rules.active.classes:
            self.orders.add(placed)
            self.apply(
                after_order(self.standing, placed, self.timeline(matters_from(self.standing, placed)), self.rules)
            )
        else:
            self.apply(after_order(self.standing, placed, self.orders, self.rules))

    def reverse(self, reversal: Reversal) -> None:
        if self.rules.active.classes and self.standing.since is not None:
            self.orders.reverse(reversal)
            self.apply(after_reversal(self.standing, reversal, self.timeline(self.standing.since), self.rules))
        else:
            self.apply(after_reversal(self.standing, reversal, self.orders, self.rules))


class TierLife(RuleBasedStateMachine):
    @initialize(index=st.integers(0, len(POLICIES) - 1))
    def begin(self, index: int) -> None:
        self.life = Life(POLICIES[index])
        self.now = DAY
        self.reviewed = DAY
        self.placed: list[UUID] = []

    @rule(day=st.integers(0, 90), size=st.integers(1, 120), late=st.integers(0, 60), margin=st.booleans())
    def an_order(self, day: int, size: int, late: int, margin: bool) -> None:
        self.now += timedelta(days=day, seconds=1)
        number = len(self.placed) + 1
        placed_at = self.now - timedelta(days=late)
        placed = order(number, placed_at, str(size * 10), margin=str(size) if margin else None, quantity=10)
        self.placed.append(placed.order_id)
        self.life.place(placed)

    @precondition(lambda self: self.placed)
    @rule(index=st.integers(0, 30), pieces=st.integers(1, 10))
    def something_comes_back(self, index: int, pieces: int) -> None:
        placed = self.life.orders.by_id[self.placed[index % len(self.placed)]]
        if placed.quantity:
            pieces = min(pieces, placed.quantity)
            part = (placed.amount * pieces / placed.quantity).quantize(Decimal("0.01"))
            self.life.reverse(back(placed, str(part), pieces))

    @rule(day=st.integers(1, 60))
    def a_review(self, day: int) -> None:
        self.now += timedelta(days=day)
        before = self.life.standing
        snapshot = self.life.snapshot(self.now)
        reviewed = review(before, snapshot, self.now, self.life.rules, UUID(int=5))
        if reviewed.change is not None and reviewed.outcome == "down":
            assert before.kept_until is None or before.kept_until <= self.now  # a promise was kept
            assert before.grace_until is not None
            assert before.grace_until <= self.now
        if reviewed.outcome == "up":
            assert self.life.rules.active.assess(snapshot).rank > before.rank
        self.life.apply((reviewed.standing, [reviewed.change] if reviewed.change else []))
        self.reviewed = self.now

    @precondition(lambda self: self.life.standing.tier is not None and self.life.standing.overridden_until is None)
    @rule(rank=st.integers(0, 3), days=st.integers(1, 90))
    def an_override(self, rank: int, days: int) -> None:
        tier = self.life.rules.active.levels[min(rank, self.life.rules.active.top)].code
        until = self.now + timedelta(days=days)
        self.life.apply(override(self.life.standing, tier, until, "why", "ann", self.now, self.life.rules))
        assert self.life.standing.tier == tier

    @precondition(lambda self: self.life.standing.overridden_until is not None)
    @rule(early=st.booleans())
    def the_override_ends(self, early: bool) -> None:
        standing = self.life.standing
        assert standing.overridden_until is not None
        assert standing.since is not None
        self.now = max(self.now if early else standing.overridden_until, standing.since, self.now)
        snapshot = self.life.snapshot(self.now)
        self.life.apply(end_override(standing, snapshot, self.now, self.life.rules))
        assert self.life.standing.rank == self.life.rules.active.assess(snapshot).rank

    @precondition(lambda self: self.life.standing.tier is not None and self.life.standing.overridden_until is None)
    @rule(days=st.integers(0, 200))
    def a_promise(self, days: int) -> None:
        until = self.now + timedelta(days=days)
        kept = promise(self.life.standing, until, self.now) if days else withdraw_promise(self.life.standing)
        self.life.apply((kept, []))

    @invariant()
    def one_open_tier_without_gap_or_overlap(self) -> None:
        if not hasattr(self, "life"):
            return
        rows = sorted(self.life.rows, key=lambda row: row[0].effective_from)
        for (_, end), (following, _) in pairwise(rows):
            assert end == following.effective_from
        assert all(end is None or end > change.effective_from for change, end in rows)
        assert [end for _, end in rows].count(None) == (1 if rows else 0)
        standing: Any = self.life.standing
        assert (standing.tier is None) == (not rows)
        if rows:
            last = rows[-1][0]
            assert (last.row_id, last.tier, last.rank, last.effective_from) == (
                standing.row_id, standing.tier, standing.rank, standing.since
            )  # fmt: skip


TierLife.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_T10_whatever_happens_there_is_one_open_tier = TierLife.TestCase
