"""Shorthand of the tiering tests: policies, orders and folds, without a database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.order_aggregates import OrderHistory
from services.tiering_svc.policies.domain.policy import Policy, Rules
from services.tiering_svc.policies.domain.policy_document import read_policy
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import TierChange, after_order, after_reversal, endings

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
    return Rules(policy, UTC, lambda: UUID(int=next(numbers)), BEGINNING, {})


@dataclass
class Folded:
    """A customer's life folded from facts in the order they were recorded, always by the exact path."""

    rules: Rules = field(default_factory=rules)
    standing: Standing = field(default_factory=lambda: Standing(CUSTOMER))
    changes: list[TierChange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.orders = OrderHistory(self.rules.active.months, [])
        self.first = self.standing

    def place(self, *orders: Order) -> "Folded":
        for placed in orders:
            self.standing, changes = after_order(self.standing, placed, self.orders, self.rules)
            self.changes += changes
        return self

    def reverse(self, *reversals: Reversal) -> "Folded":
        for reversal in reversals:
            self.standing, changes = after_reversal(self.standing, reversal, self.orders, self.rules)
            self.changes += changes
        return self

    @property
    def moves(self) -> list[tuple[str, str, datetime]]:
        return [(change.kind, change.tier, change.effective_from) for change in self.changes]

    @property
    def history(self) -> list[tuple[str, datetime, datetime | None]]:
        """The rows in force: (tier, from, to)."""
        return rows_in_force(self.first, self.changes)


def rows_in_force(first: Standing, changes: Sequence[TierChange]) -> list[tuple[str, datetime, datetime | None]]:
    ended = {ending.row_id: ending.ends_at for ending in endings(first, changes)}
    return [
        (change.tier, change.effective_from, ended.get(change.row_id))
        for change in changes
        if change.row_id not in ended or ended[change.row_id] is not None
    ]
