"""How numbers are spelled: plain for data, and with their unit for people."""

from decimal import Decimal

from services.tiering_svc.domain.indicators import Value


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
