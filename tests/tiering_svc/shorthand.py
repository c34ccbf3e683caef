"""Shorthand of the tiering tests: policies, orders and folds, without a database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.policies.domain.policy import Policy, Rules
from services.tiering_svc.policies.domain.policy_document import read_policy
from services.tiering_svc.policies.domain.policy_timeline import AppliedReview, PolicyActivation, PolicyTimeline
from services.tiering_svc.tiers.domain.history_change import StoredHistory, change_history
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import Decider, TierChange
from services.tiering_svc.tiers.domain.tier_life import TierLife, tier_life
from services.tiering_svc.tiers.domain.timeline import (
    CustomerTimeline,
    PromiseChange,
    TierOverride,
    TimedReversal,
)

CUSTOMER = UUID(int=1)
POLICY = UUID(int=900)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def level(code: str) -> dict[str, Any]:
    return {"code": code, "name": {"en": code.title(), "zh": f"{code}级"}}


def bands_document(*bands: tuple[str, str], lowest: str = "silver", months: int = 12, **life: Any) -> dict[str, Any]:
    return {
        "kind": "single_indicator",
        "levels": [level(lowest), *(level(tier) for tier, _ in bands)],
        "indicator": "amount",
        "window": {"months": months},
        "bands": [{"tier": tier, "from": start} for tier, start in bands],
        "life": life,
    }


def policy_of(document: dict[str, Any], version: int = 1) -> Policy:
    return read_policy(document, policy_id=POLICY, version=version, names={"en": "Test", "zh": "测试"})


GOLD_AT_550 = policy_of(bands_document(("gold", "550")))


def at(day: int, month: int = 3, year: int = 2026, hour: int = 12) -> datetime:
    return datetime(year, month, 1, hour, tzinfo=UTC) + timedelta(days=day - 1)


def order(number: int, placed_at: datetime, amount: str, margin: str | None = None, quantity: int = 1) -> Order:
    return Order(
        UUID(int=number), placed_at, month_of(placed_at, UTC), Decimal(amount),
        None if margin is None else Decimal(margin), quantity,
    )  # fmt: skip


def back(of: Order, amount: str | None = None, quantity: int | None = None) -> Reversal:
    """The whole of an order, or an amount of it."""
    return Reversal(
        of.order_id, of.placed_at, of.amount if amount is None else Decimal(amount), of.margin,
        (of.quantity if amount is None else 0) if quantity is None else quantity,
    )  # fmt: skip


def rules(policy: Policy = GOLD_AT_550) -> Rules:
    numbers = count(10_000)
    return Rules(policy, UTC, lambda: UUID(int=next(numbers)), BEGINNING)


def decider(policy: Policy = GOLD_AT_550) -> Decider:
    return Decider(policy, UTC, rules(policy).new_id)


@dataclass
class Folded:
    """A customer's life folded from facts in the order they were recorded, as it is kept, announced and replaced."""

    rules: Rules = field(default_factory=rules)
    changes: list[TierChange] = field(default_factory=list)  # every row that was ever announced, in order
    orders: list[Order] = field(default_factory=list)
    reversals: list[TimedReversal] = field(default_factory=list)
    reviews: list[AppliedReview] = field(default_factory=list)
    overrides: list[TierOverride] = field(default_factory=list)
    promises: list[PromiseChange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.activations = [PolicyActivation(BEGINNING, self.rules.active)]
        self.kept = StoredHistory(Standing(CUSTOMER), [], [])

    def place(self, *orders: Order) -> "Folded":
        for placed in orders:
            self.orders.append(placed)
            self.fold()
        return self

    def reverse(self, *reversals: Reversal, at: datetime | None = None) -> "Folded":
        """Something comes back, after everything that happened by now unless it is said when."""
        for reversal in reversals:
            happened = [placed.placed_at for placed in self.orders] + [earlier.at for earlier in self.reversals]
            when = max(happened) + timedelta(seconds=1) if at is None else at
            change_id = UUID(int=len(self.reversals))
            self.reversals.append(TimedReversal(max(when, reversal.placed_at), change_id, reversal))
            self.fold()
        return self

    def review(self, as_of: datetime) -> "Folded":
        """By the policy in force now."""
        self.reviews.append(AppliedReview(as_of, UUID(int=len(self.reviews) + 1), self.rules.active))
        self.fold()
        return self

    def activate(self, policy: Policy, instant: datetime) -> "Folded":
        self.rules = rules(policy)
        self.activations.append(PolicyActivation(instant, policy))
        return self

    def timeline(self) -> CustomerTimeline:
        return CustomerTimeline(
            CUSTOMER, BEGINNING, sorted(self.orders, key=lambda placed: (placed.placed_at, placed.order_id)),
            sorted(self.reversals), self.overrides, self.promises,
        )  # fmt: skip

    def policies(self) -> PolicyTimeline:
        return PolicyTimeline(self.activations, sorted(self.reviews, key=lambda review: review.as_of))

    def fold(self) -> TierLife:
        life = tier_life(self.timeline(), self.policies(), datetime.max.replace(tzinfo=UTC), UTC)
        change = change_history(self.kept, life, BEGINNING, self.rules.new_id)
        if change.event(BEGINNING) is not None:
            self.changes += change.new_rows
        self.kept = StoredHistory(change.standing, change.rows, change.watches)
        return life

    @property
    def standing(self) -> Standing:
        return self.kept.standing

    @property
    def moves(self) -> list[tuple[str, str, datetime]]:
        return [(change.kind, change.tier, change.effective_from) for change in self.changes]

    @property
    def kinds(self) -> list[tuple[str, str, datetime]]:
        """The rows in force: (kind, tier, from)."""
        return [(row.kind, row.tier, row.effective_from) for row in self.kept.rows]

    @property
    def history(self) -> list[tuple[str, datetime, datetime | None]]:
        """The rows in force: (tier, from, to)."""
        ends = [row.effective_from for row in self.kept.rows[1:]] + [None]
        return [(row.tier, row.effective_from, end) for row, end in zip(self.kept.rows, ends, strict=False)]
