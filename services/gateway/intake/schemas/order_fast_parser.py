"""The fast path to an order's content: for bodies written as nearly everybody writes them, in a fifth of the time.

The body is parsed, its lines are written again with their members sorted, and one regular expression looks at that
text: all of it, so no member, type, sign or digit escapes it. Whatever it does not know takes the exact path
(`OrderCreate`), which reads more spellings and says what is wrong. Both come to the same `OrderContent`.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from services.gateway.core.domain import GREATEST, ZERO, IntakeRules, plain_text
from services.gateway.intake.domain.order_content import OrderContent, UnresolvedCustomer, order_fingerprint

CODE = r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}+"
# All that may have the form of a telephone number, and some that has not, is left to the exact path.
ANNOUNCED_CODE = r"(?![A-Za-z]{0,8}+[0-9._:/-]{10})" + CODE
COUNT = r"(?:[1-9][0-9]{0,5}+|1000000)"
# An offset of minutes or of a day and more, and years that no order has, are left to the exact path.
INSTANT = (
    r"(?:19[789][0-9]|20[0-9]{2})-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):(?:00|15|30|45))"
)
MEMBERS = 6  # of an order
QUOTES = 2 * MEMBERS + 2 * 4  # of its members' names, and of the four that are text

is_code = re.compile(CODE).fullmatch
is_announced_code = re.compile(ANNOUNCED_CODE).fullmatch
is_instant = re.compile(INSTANT).fullmatch


def amount(digits: int, decimals: int) -> str:
    """A decimal as `str(Decimal)` writes it."""
    return rf"(?:0|[1-9][0-9]{{0,{digits - 1}}}+)" + (rf"(?:\.[0-9]{{1,{decimals}}}+)?+" if decimals else "")


def lines_of(rules: IntakeRules) -> "re.Pattern[str]":
    """Lines with their members in the order of names. Thirteen digits are less than `GREATEST`.

    A cost of five digits or more is caught in a group, the only kind there is: 500 lines of a million times less than
    10,000 are below `GREATEST` too, so only where a group caught something is there anything to add up.
    """
    price, cost = amount(13, rules.decimals), rf"(?:{amount(4, 4)}|([1-9][0-9]{{4,13}}+(?:\.[0-9]{{1,4}}+)?+))"
    line = (
        rf'\{{"amount":"{price}","category":"{ANNOUNCED_CODE}",(?:"discount":(?:"{price}"|null),)?+"line":{COUNT},'
        rf'"quantity":{COUNT},"sku":"{ANNOUNCED_CODE}"(?:,"unit_cost":(?:"{cost}"|null))?+\}}'
    )
    return re.compile(rf"\[{line}(?:,{line})*+\]")


class OrderFastParser:
    """Reads orders by a deployment's rules. One a process."""

    def __init__(self, rules: IntakeRules) -> None:
        self.rules = rules
        self._are_lines = lines_of(rules).fullmatch

    def read(self, body: bytes) -> OrderContent | None:
        """The order's content, or None: take the exact path."""
        try:
            return self._read(body, orjson.loads(body))
        except (ValueError, LookupError, TypeError, AttributeError):
            return None

    def _read(self, body: bytes, order: dict[str, Any]) -> OrderContent | None:
        ref, channel, lines, placed_at_text = order["order_id"], order["channel"], order["lines"], order["placed_at"]
        customer = _customer(order["customer"])
        lines_text = orjson.dumps(lines, option=orjson.OPT_SORT_KEYS).decode()
        if (
            customer is None
            or len(order) != MEMBERS
            or order["currency"] != self.rules.currency
            or not (
                is_code(ref)
                and is_announced_code(channel)
                and is_instant(placed_at_text)
                and (match := self._are_lines(lines_text))
            )
            or len(lines) > self.rules.most_lines
            # a member that was there twice took its quotes along when it went
            or body.count(b'"') != lines_text.count('"') + QUOTES + 4 * len(order["customer"])
        ):
            return None
        line_numbers = [line["line"] for line in lines]
        ascending = lines
        if line_numbers != list(range(1, len(lines) + 1)):
            if len(set(line_numbers)) != len(lines):
                return None
            ascending = sorted(lines, key=_number_of)
        total = sum([Decimal(line["amount"]) for line in lines], ZERO)
        if total >= GREATEST or (match.lastindex is not None and _cost_of(lines) >= GREATEST):
            return None
        if "null" in lines_text:
            lines_text = lines_text.replace('"discount":null,', "").replace(',"unit_cost":null', "")
        placed_at = datetime.fromisoformat(placed_at_text).astimezone(UTC)
        fingerprint = order_fingerprint(placed_at, self.rules.currency, channel, _fingerprint_rows(ascending))
        return OrderContent(
            ref, customer, placed_at, self.rules.currency, channel, total, lines_text, lines_text, fingerprint
        )  # fmt: skip


def _customer(customer: dict[str, str]) -> UnresolvedCustomer | None:
    """Named by reference; who names it by Patron's id takes the exact path."""
    ref, source = customer["ref"], customer.get("source")
    if len(customer) == (1 if source is None else 2) and is_code(ref) and (source is None or is_code(source)):
        return UnresolvedCustomer(None, source, ref)
    return None


def _cost_of(lines: Sequence[dict[str, Any]]) -> Decimal:
    return sum([line["quantity"] * Decimal(line.get("unit_cost") or ZERO) for line in lines], ZERO)


def _fingerprint_rows(lines: Sequence[dict[str, Any]]) -> list[str]:
    """`fingerprint_row` of each line. Written out, because calling it takes longer than what it does."""
    return [
        f"{line['line']}\n{line['sku']}\n{line['category']}\n{line['quantity']}\n{_plain(line['amount'])}\n"
        f"{_plain(line.get('unit_cost'))}\n{_plain(line.get('discount'))}"
        for line in lines
    ]


def _plain(amount: str | None) -> str:
    """`plain_text`, which has something to do only where the last digit is a nought."""
    if not amount:
        return ""
    return plain_text(amount) if amount[-1] == "0" else amount


def _number_of(line: dict[str, Any]) -> int:
    number: int = line["line"]
    return number
