"""Numbers in rule documents of monitoring (T11, T12): within their limits, or refused at their field."""

from decimal import Decimal

from services.tiering_svc.core.domain.numbers import number
from shared.errors import invalid

MOST_MONTHS = 24  # of a window; recent and baseline together reach back four years at most


def whole(value: int, least: int, most: int, pointer: str) -> int:
    """A whole number from `least` to `most`; another one is refused: 422 `out_of_range`."""
    if not least <= value <= most:
        raise invalid("out_of_range", f"Between {least} and {most}.", pointer=pointer)
    return value


def non_negative(text: str, pointer: str, most: Decimal | None = None) -> Decimal:
    """A decimal in text from 0 to `most`, if any; another one is refused: 422 `out_of_range`, `not_a_number`."""
    value = number(text, pointer)
    if value < 0 or (most is not None and value > most):
        limit = "" if most is None else f" and at most {most}"
        raise invalid("out_of_range", f"At least 0{limit}.", pointer=pointer)
    return value
