"""How numbers are spelled: plain for data, and with their unit for people."""

from decimal import Decimal, InvalidOperation

from shared.errors import DomainError, invalid

HUNDRED = Decimal(100)
ZERO = Decimal(0)
Value = Decimal | int | None
Coded = Value | str  # what is not a number is a code: a region, an industry, yes or no
CENT = Decimal("0.0001")
Names = dict[str, str]


def plain(value: Value) -> str | None:
    """Without needless zeros."""
    if value is None:
        return None
    text = format(Decimal(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(value: str | None) -> str:
    """1234.5 is said 1,234.50; a whole number of things stays whole."""
    number = Decimal(value or 0)
    return f"{number:,.2f}" if number % 1 else f"{number:,.0f}"


def said(value: str | None, unit: str, currency: str, *, days: str, years: str) -> str:
    if unit == "money":
        return f"{grouped(value)} {currency}"
    if unit == "ratio":
        return f"{plain((Decimal(value or 0) * 100).quantize(Decimal('0.01')))} %"
    endings = {"days": days, "years": years, "percent": " %"}
    return f"{grouped(value)}{endings.get(unit, '')}"


def number(text: str | int, pointer: str) -> Decimal:
    """An exact number: a decimal in text or a whole number, never a binary fraction."""
    try:
        if isinstance(text, bool) or not isinstance(text, (str, int)):
            raise _not_exact(pointer)
        value = Decimal(text)
    except InvalidOperation:
        raise _not_exact(pointer) from None
    if not value.is_finite():
        raise _not_exact(pointer)
    return value


def quotient(one: Decimal | int | None, other: Decimal | int | None) -> Decimal | None:
    """To four decimals; what would be divided by zero, or by what nobody knows, is not known."""
    return None if one is None or not other else (Decimal(one) / other).quantize(CENT)


def _not_exact(pointer: str) -> DomainError:
    return invalid("not_a_number", "A decimal in text is needed.", pointer=pointer)
