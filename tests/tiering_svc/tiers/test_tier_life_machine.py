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
    looked_at_from,
)
from services.tiering_svc.tiers.domain.timeline import Timeline
from tests.tiering_svc.shorthand import BEGINNING, CUSTOMER, back, order, policy_of

DAY = datetime(2025, 1, 1, tzinfo=UTC)


def ready(policy: Policy) -> Policy:
    """A policy of a population with cut-offs as a review might have left them."""
    if not policy.of_population:
        return policy
    starts = (Decimal(8), Decimal(15), Decimal(30)) if policy.scorecard else (Decimal(100), Decimal(400), Decimal(900))
    return policy.with_cutoffs([Band(n, starts[n - 1]) for n in range(1, len(policy.levels))], UUID(int=77))


POLICIES = [ready(policy_of(shipped.document)) for shipped in DEFAULT_POLICIES]


class Life:
    """One customer's tier, and the facts it is folded from."""

    def __init__(self, policy: Policy) -> None:
        numbers = count(10_000)
        self.rules = Rules(policy, UTC, lambda: UUID(int=next(numbers)), BEGINNING, {})
        self.book = OrderHistory(policy.months, [])
        self.standing = Standing(CUSTOMER)
        self.rows: list[tuple[TierChange, datetime | None]] = []  # those in force, with their ends

    def known(self, at: datetime) -> CustomerSnapshot:
        _, month, figures = next(self.book.walk(at, month_of(at, UTC)))
        days = None if not figures.orders else Decimal(figures.orders * 7)  # slower with every order
        paid = Receivables() if days is None else Receivables(collected=Decimal(1), collected_days=days)
        first = min((one.placed_at for one in self.book.by_id.values() if one.quantity), default=None)
        return CustomerSnapshot(figures, at, month, self.book.months, first, figures.last_order_at, paid)

    def moments(self, since: datetime) -> Timeline:
        later = {one.placed_at for one in self.book.by_id.values() if one.placed_at > since}
        return Timeline(self.known(instant) for instant in {since, *later})

    def take(self, decided: tuple[Standing, list[TierChange]]) -> None:
        before, (self.standing, changes) = self.standing, decided
        ended = {ending.row_id: ending.ends_at for ending in endings(before, changes)}
        rows = self.rows + [(change, None) for change in changes]
        self.rows = [
            (change, ended.get(change.row_id, end))
            for change, end in rows
            if change.row_id not in ended or ended[change.row_id] is not None
        ]

    def place(self, one: Order) -> None:
        if self.rules.active.classes:
            self.book.add(one)
            self.take(after_order(self.standing, one, self.moments(looked_at_from(self.standing, one)), self.rules))
        else:
            self.take(after_order(self.standing, one, self.book, self.rules))

    def reverse(self, taken: Reversal) -> None:
        if self.rules.active.classes and self.standing.since is not None:
            self.book.reverse(taken)
            self.take(after_reversal(self.standing, taken, self.moments(self.standing.since), self.rules))
        else:
            self.take(after_reversal(self.standing, taken, self.book, self.rules))


class TierLife(RuleBasedStateMachine):
    @initialize(which=st.integers(0, len(POLICIES) - 1))
    def begin(self, which: int) -> None:
        self.life = Life(POLICIES[which])
        self.now = DAY
        self.reviewed = DAY
        self.placed: list[UUID] = []

    @rule(day=st.integers(0, 90), size=st.integers(1, 120), late=st.integers(0, 60), margin=st.booleans())
    def an_order(self, day: int, size: int, late: int, margin: bool) -> None:
        self.now += timedelta(days=day, seconds=1)
        number = len(self.placed) + 1
        placed_at = self.now - timedelta(days=late)
        one = order(number, placed_at, str(size * 10), margin=str(size) if margin else None, quantity=10)
        self.placed.append(one.order_id)
        self.life.place(one)

    @precondition(lambda self: self.placed)
    @rule(which=st.integers(0, 30), pieces=st.integers(1, 10))
    def something_comes_back(self, which: int, pieces: int) -> None:
        one = self.life.book.by_id[self.placed[which % len(self.placed)]]
        if one.quantity:
            pieces = min(pieces, one.quantity)
            part = (one.amount * pieces / one.quantity).quantize(Decimal("0.01"))
            self.life.reverse(back(one, str(part), pieces))

    @rule(day=st.integers(1, 60))
    def a_review(self, day: int) -> None:
        self.now += timedelta(days=day)
        before = self.life.standing
        known = self.life.known(self.now)
        found = review(before, known, self.now, self.life.rules, UUID(int=5))
        if found.change is not None and found.outcome == "down":
            assert before.kept_until is None or before.kept_until <= self.now  # a promise was kept
            assert before.grace_until is not None
            assert before.grace_until <= self.now
        if found.outcome == "up":
            assert self.life.rules.active.assess(known).rank > before.rank
        self.life.take((found.standing, [found.change] if found.change else []))
        self.reviewed = self.now

    @precondition(lambda self: self.life.standing.tier is not None and self.life.standing.overridden_until is None)
    @rule(rank=st.integers(0, 3), days=st.integers(1, 90))
    def an_override(self, rank: int, days: int) -> None:
        tier = self.life.rules.active.levels[min(rank, self.life.rules.active.top)].code
        until = self.now + timedelta(days=days)
        self.life.take(override(self.life.standing, tier, until, "why", "ann", self.now, self.life.rules))
        assert self.life.standing.tier == tier

    @precondition(lambda self: self.life.standing.overridden_until is not None)
    @rule(early=st.booleans())
    def the_override_ends(self, early: bool) -> None:
        standing = self.life.standing
        assert standing.overridden_until is not None
        assert standing.since is not None
        self.now = max(self.now if early else standing.overridden_until, standing.since, self.now)
        known = self.life.known(self.now)
        self.life.take(end_override(standing, known, self.now, self.life.rules))
        assert self.life.standing.rank == self.life.rules.active.assess(known).rank

    @precondition(lambda self: self.life.standing.tier is not None and self.life.standing.overridden_until is None)
    @rule(days=st.integers(0, 200))
    def a_promise(self, days: int) -> None:
        until = self.now + timedelta(days=days)
        kept = promise(self.life.standing, until, self.now) if days else withdraw_promise(self.life.standing)
        self.life.take((kept, []))

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
