"""What callers were answered, kept apart from the system, and what follows from it by the rules' words alone.

Orders, returns, money owed and cases are written down as they were accepted; tiers with their history, points and what
is outstanding are then worked out here (T10 by the brute force of `tier_life_oracle`, L1, G2), and compared with what
the gateway says. Nothing of the product is used.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.tiering_svc.tiers import tier_life_oracle as oracle

POLICY: Mapping[str, Any] = {  # "Annual spend" as shipped: no review comes, so tiers rise or are corrected
    "kind": "single_indicator",
    "indicator": "amount",
    "window": {"months": 12},
    "levels": [{"code": code} for code in ("basic", "silver", "gold", "platinum")],
    "bands": [{"tier": t, "from": f} for t, f in (("silver", "800"), ("gold", "2400"), ("platinum", "4800"))],
    "life": {"up_at_once": True, "keep_months": 0, "grace_months": 1},
}
MULTIPLIERS = {"basic": Decimal(1), "silver": Decimal("1.2"), "gold": Decimal("1.5"), "platinum": Decimal(2)}


@dataclass
class OrderLine:
    """Bought and taken back; amounts are multiples of ten, so that no point of any multiplier is rounded."""

    amount: Decimal
    quantity: int
    returned: int = 0


@dataclass
class Order:
    id: str
    placed_at: datetime
    lines: dict[int, OrderLine]


@dataclass
class Account:
    """All that one customer did."""

    orders: dict[str, Order] = field(default_factory=dict)  # by the caller's own id
    returns: list[dict[str, Any]] = field(default_factory=list)  # as the oracle takes them
    owed: dict[str, Decimal] = field(default_factory=dict)  # outstanding by receivable
    cases: dict[str, set[str]] = field(default_factory=dict)  # case -> the steps that were answered

    def history(self) -> list[tuple[datetime, str]]:
        """From when on which tier."""
        facts = oracle.Facts(first_policy=dict(POLICY), zone=UTC)
        facts.orders = [
            {
                "id": name, "placed_at": order.placed_at, "cost": None,
                "amount": sum((line.amount for line in order.lines.values()), Decimal(0)),
                "quantity": sum(line.quantity for line in order.lines.values()),
            }
            for name, order in self.orders.items()
        ]  # fmt: skip
        facts.reversals = self.returns
        return [(row.effective_from, row.tier) for row in oracle.history(facts)]

    def points(self) -> Decimal:
        """What is left of each order, times the multiplier of the tier that held when it was placed (L1, L2)."""
        history = self.history()
        total = Decimal(0)
        for order in self.orders.values():
            held = [tier for since, tier in history if since <= order.placed_at]
            for line in order.lines.values():
                kept = line.amount * (line.quantity - line.returned) / line.quantity
                total += kept * MULTIPLIERS[held[-1] if held else "basic"]
        return total

    @property
    def revenue(self) -> Decimal:
        return sum(
            (
                line.amount * (line.quantity - line.returned) / line.quantity
                for order in self.orders.values() for line in order.lines.values()
            ),
            Decimal(0),
        )  # fmt: skip

    @property
    def outstanding(self) -> Decimal:
        return sum(self.owed.values(), Decimal(0))


@dataclass
class Books:
    """All accounts, by the id that the gateway gave their customers."""

    accounts: dict[str, Account] = field(default_factory=lambda: defaultdict(Account))

    def ordered(self, body: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        lines = {line["line"]: OrderLine(Decimal(line["amount"]), line["quantity"]) for line in body["lines"]}
        order = Order(answer["id"], datetime.fromisoformat(body["placed_at"]), lines)
        account = self.accounts[answer["customer_id"]]
        assert body["order_id"] not in account.orders, "accepted once only"
        account.orders[body["order_id"]] = order

    def returned(self, customer: str, order_id: str, body: Mapping[str, Any]) -> None:
        account = self.accounts[customer]
        order = account.orders[order_id]
        amount = Decimal(0)
        for piece in body["lines"]:
            line = order.lines[piece["line"]]
            line.returned += piece["quantity"]
            amount += line.amount * piece["quantity"] / line.quantity
        quantity = sum(piece["quantity"] for piece in body["lines"])
        at = datetime.fromisoformat(body["returned_at"])
        account.returns.append(
            {"id": body["return_id"], "order": order_id, "at": at, "amount": amount, "quantity": quantity}
        )

    def owes(self, customer: str, receivable: str, amount: Decimal) -> None:
        self.accounts[customer].owed[receivable] = amount

    def paid(self, customer: str, receivable: str, amount: Decimal) -> None:
        self.accounts[customer].owed[receivable] -= amount

    def took_step(self, customer: str, case: str, step: str) -> None:
        self.accounts[customer].cases.setdefault(case, set()).add(step)
