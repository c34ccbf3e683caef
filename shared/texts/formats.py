"""How values are written in a sentence: numbers grouped by thousands, money with two decimals, days as ISO has them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Format = Callable[[Any], str]


def write_number(value: int | Decimal | str) -> str:
    """1234567.50 -> `1,234,567.5`. Every digit that counts, none that does not."""
    text = f"{Decimal(value):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def write_money(value: int | Decimal | str) -> str:
    """1234.5 -> `1,234.50`; the currency is a word of the sentence."""
    text = f"{Decimal(value):,.2f}"
    return "0.00" if text == "-0.00" else text


def write_percent(value: Decimal | str) -> str:
    """A ratio in percent with at most one decimal: 0.125 -> `12.5`; the sign is the sentence's."""
    return write_number(f"{Decimal(value) * 100:.1f}")


def write_day(value: date | str) -> str:
    """`2026-11-28`, of a day or of an instant in the zone it is to be told in (or of text that begins so)."""
    if isinstance(value, str):
        return date.fromisoformat(value[:10]).isoformat()
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("an instant is told in a zone")
    return f"{value:%Y-%m-%d}"


def write_plain(value: Any) -> str:
    """Without a format: text and whole numbers as they are (a version, a year), decimals as numbers, days as days."""
    if isinstance(value, Decimal):
        return write_number(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return write_day(value)
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise TypeError(f"a {type(value).__name__} needs a format")


FORMATS: Mapping[str, Format] = {
    "": write_plain,
    "number": write_number,
    "money": write_money,
    "percent": write_percent,
    "day": write_day,
}
