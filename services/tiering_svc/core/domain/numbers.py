"""Exact numbers: read from text, divided, and written for data (`plain`) and for people (`grouped`)."""

from decimal import Decimal, InvalidOperation

from shared.errors import DomainError, invalid

HUNDRED = Decimal(100)
ZERO = Decimal(0)
Value = Decimal | int | None
Coded = Value | str  # what is not a number is a code: a region, an industry, yes or no
FOUR_PLACES = Decimal("0.0001")
Names = dict[str, str]


def plain(value: Value) -> str | None:
    """For data: without needless zeros, `1234.50` -> `1234.5`; None stays None."""
    if value is None:
        return None
    text = format(Decimal(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(value: str | None) -> str:
    """For people: 1234.5 -> `1,234.50`, with commas and two decimals; a whole number of things stays whole."""
    number = Decimal(value or 0)
    return f"{number:,.2f}" if number % 1 else f"{number:,.0f}"


def number(text: str | int, pointer: str) -> Decimal:
    """A decimal in text, or a whole number; never a binary fraction. Else `not_a_number` is refused at `pointer`."""
    try:
        if isinstance(text, bool) or not isinstance(text, (str, int)):
            raise _not_exact(pointer)
        value = Decimal(text)
    except InvalidOperation:
        raise _not_exact(pointer) from None
    if not value.is_finite():
        raise _not_exact(pointer)
    return value


def quotient(dividend: Decimal | int | None, divisor: Decimal | int | None) -> Decimal | None:
    """`dividend / divisor` to four decimals; not known (None) where either is not known, or the divisor is zero."""
    return None if dividend is None or not divisor else (Decimal(dividend) / divisor).quantize(FOUR_PLACES)


def _not_exact(pointer: str) -> DomainError:
    return invalid("not_a_number", "A decimal in text is needed.", pointer=pointer)
