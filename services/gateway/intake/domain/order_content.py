"""An order's content: checked by itself, spelled once (row and event hold the same text), and its fingerprint."""

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
from shared.personal_data import WITHHELD, looks_personal


class UnresolvedCustomer(NamedTuple):
    """How an order names its customer: Patron's id, or a reference whose source may be left out."""

    customer_id: UUID | None = None
    source: str | None = None
    ref: str | None = None


class OrderContent(NamedTuple):
    """An order that breaks no rule by itself. A NamedTuple, because intake makes thousands of them a second."""

    order_ref: str
    customer: UnresolvedCustomer
    placed_at: datetime  # in UTC
    currency: str
    channel: str
    amount: Decimal  # sum of the lines
    lines: str  # JSON, as it is kept: members in the order of their names, nothing that is null
    announced_lines: str  # the same text, but for articles that are called like a telephone number (K25)
    fingerprint: bytes


def normalize_order(
    order_ref: str, customer: UnresolvedCustomer, placed_at: datetime, currency: str, channel: str,
    lines: Sequence[OrderLine], rules: IntakeRules,
) -> OrderContent:  # fmt: skip
    """The exact path from a body's parts to an order's content: checks whatever needs no other knowledge (how old an
    order may be is for `accept_orders`). Raises the refusal with a pointer to the part."""
    amount = check_lines(lines, currency, rules)
    rules.check_conceivable(placed_at, "/placed_at")
    placed_at_utc = placed_at.astimezone(UTC)
    rows = [
        fingerprint_row(
            line.line, line.sku, line.category, line.quantity, plain(line.amount), plain(line.unit_cost),
            plain(line.discount),
        )
        for line in sorted(lines, key=lambda line: line.line)
    ]  # fmt: skip
    digest = order_fingerprint(placed_at_utc, currency, channel, rows)
    kept = written_lines(lines)
    announced = kept
    if any(looks_personal(line.sku) for line in lines):
        announced = written_lines([line.model_copy(update={"sku": announced_sku(line.sku)}) for line in lines])
    return OrderContent(order_ref, customer, placed_at_utc, currency, channel, amount, kept, announced, digest)


def check_lines(lines: Sequence[OrderLine], currency: str, rules: IntakeRules) -> Decimal:
    """The sum of the lines; raises what is wrong with the first bad one."""
    rules.check_currency(currency)
    if not lines:
        raise invalid("no_lines", "An order has at least one line.", pointer="/lines")
    if len(lines) > rules.most_lines:
        raise invalid("too_many_lines", f"An order has at most {rules.most_lines} lines.", pointer="/lines")
    numbers: set[int] = set()
    for index, line in enumerate(lines):
        if line.line in numbers:
            raise invalid("duplicate_line", "Each line has a number of its own.", pointer=f"/lines/{index}/line")
        numbers.add(line.line)
        rules.check_amount(line.amount, f"/lines/{index}/amount")
        if line.discount is not None:
            rules.check_amount(line.discount, f"/lines/{index}/discount")
    amount = sum((line.amount for line in lines), ZERO)
    rules.check_amount(amount, "/lines")
    check_cost(sum((line.quantity * line.unit_cost for line in lines if line.unit_cost is not None), ZERO))
    return amount


def announced_sku(sku: str) -> str:
    """What the outside calls an article, or `withheld` where that may be somebody's telephone number: it stands in the
    order, which can be erased, and in no event (K25)."""
    return WITHHELD if looks_personal(sku) else sku


def check_cost(cost: Decimal) -> None:
    """Refuse lines that together cost too much: margins are counted as amounts are, so costs have the same bound."""
    if cost >= GREATEST:
        raise invalid("amount_too_large", "These costs are more than can be accounted for.", pointer="/lines")


def written_lines(lines: Sequence[OrderLine]) -> str:
    """Lines as JSON text, members in the order of their names. Amounts stay text, so nothing makes floats of them."""
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


def fingerprint_row(
    line: int, sku: str, category: str, quantity: int, amount: str, unit_cost: str, discount: str
) -> str:
    """A line as it goes into the order's fingerprint; amounts as `plain` writes them."""
    return f"{line}\n{sku}\n{category}\n{quantity}\n{amount}\n{unit_cost}\n{discount}"


def order_fingerprint(placed_at: datetime, currency: str, channel: str, rows: Sequence[str]) -> bytes:
    """SHA-256, equal for equal content however it was written: 10.0 and 10.00, +00:00 and Z, lines in any order.

    The customer is not in it: whom the order belongs to is compared by Patron's id. It is kept with the order, so what
    goes in must stay as it is.
    """
    return sha256("\n".join([placed_at.isoformat(), currency, channel, *rows]).encode()).digest()
