"""What an order says: checked alone, spelled once (the row and the event hold the same text), told from another."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from services.gateway.core.domain import GREATEST, ZERO, IntakeRules, plain
from shared.errors import invalid
from shared.events import OrderLine


class NamedCustomer(NamedTuple):
    """How the order names its customer: Patron's id, or a reference, whose source may go without saying."""

    customer_id: UUID | None = None
    source: str | None = None
    ref: str | None = None


class SaidOrder(NamedTuple):
    """An order that is right in itself. (A NamedTuple, because intake makes thousands of them a second.)"""

    order_ref: str
    customer: NamedCustomer
    placed_at: datetime  # in UTC
    currency: str
    channel: str
    amount: Decimal  # sum of the lines
    lines: str  # JSON, as it is kept and announced: members in the order of their names, nothing that is null
    fingerprint: bytes


def say_order(
    order_ref: str, customer: NamedCustomer, placed_at: datetime, currency: str, channel: str,
    lines: Sequence[OrderLine], rules: IntakeRules,
) -> SaidOrder:  # fmt: skip
    """What can be said about an order without knowing anything else. `history` and future: see `accept_orders`."""
    amount = check_lines(lines, currency, rules)
    rules.check_conceivable(placed_at, "/placed_at")
    at = placed_at.astimezone(UTC)
    rows = [
        row_of_mark(
            line.line, line.sku, line.category, line.quantity, plain(line.amount), plain(line.unit_cost),
            plain(line.discount),
        )
        for line in sorted(lines, key=lambda line: line.line)
    ]  # fmt: skip
    mark = fingerprint(at, currency, channel, rows)
    return SaidOrder(order_ref, customer, at, currency, channel, amount, written_lines(lines), mark)


def check_lines(lines: Sequence[OrderLine], currency: str, rules: IntakeRules) -> Decimal:
    """Their sum, when there is nothing to say against them."""
    rules.check_currency(currency)
    if not lines:
        raise invalid("no_lines", "an order has at least one line", pointer="/lines")
    if len(lines) > rules.most_lines:
        raise invalid("too_many_lines", f"an order has at most {rules.most_lines} lines", pointer="/lines")
    numbers: set[int] = set()
    for index, line in enumerate(lines):
        if line.line in numbers:
            raise invalid("duplicate_line", "each line has a number of its own", pointer=f"/lines/{index}/line")
        numbers.add(line.line)
        rules.check_amount(line.amount, f"/lines/{index}/amount")
        if line.discount is not None:
            rules.check_amount(line.discount, f"/lines/{index}/discount")
    amount = sum((line.amount for line in lines), ZERO)
    rules.check_amount(amount, "/lines")
    check_cost(sum((line.quantity * line.unit_cost for line in lines if line.unit_cost is not None), ZERO))
    return amount


def check_cost(cost: Decimal) -> None:
    """What all lines cost together. Margins are counted as amounts are, so their costs have the same bound."""
    if cost >= GREATEST:
        raise invalid("amount_too_large", "these costs are more than can be accounted for", pointer="/lines")


def written_lines(lines: Sequence[OrderLine]) -> str:
    """Lines as JSON. Amounts stay text, so nothing can make a float of them."""
    rows = []
    for line in lines:
        row: dict[str, object] = {
            "line": line.line,
            "sku": line.sku,
            "category": line.category,
            "quantity": line.quantity,
            "amount": str(line.amount),
        }
        if line.unit_cost is not None:
            row["unit_cost"] = str(line.unit_cost)
        if line.discount is not None:
            row["discount"] = str(line.discount)
        rows.append(row)
    return json.dumps(rows, separators=(",", ":"), sort_keys=True)


def row_of_mark(line: int, sku: str, category: str, quantity: int, amount: str, unit_cost: str, discount: str) -> str:
    return f"{line}\n{sku}\n{category}\n{quantity}\n{amount}\n{unit_cost}\n{discount}"


def fingerprint(placed_at: datetime, currency: str, channel: str, rows: Sequence[str]) -> bytes:
    """Equal for equal content, however it was written: 10.0 and 10.00, +00:00 and Z, lines in any order.

    The customer is not in it: whom the order belongs to is compared by Patron's id. It is kept with the order, so what
    goes in must stay as it is.
    """
    return sha256("\n".join([placed_at.isoformat(), currency, channel, *rows]).encode()).digest()
