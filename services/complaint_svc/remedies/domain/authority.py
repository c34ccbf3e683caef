"""What a person may grant without asking, by role: points and an amount (C5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.errors import forbidden

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Authority:
    """The most a role may propose at once. None: no limit."""

    points: int | None = 0
    amount: Decimal | None = NOTHING


def check_authority(points: int, amount: Decimal, roles: Iterable[str], limits: Mapping[str, Authority]) -> None:
    """Refuse a proposal above what the widest of these roles may grant. A role that is not named grants nothing."""
    held = [limits.get(role, Authority()) for role in roles] or [Authority()]
    most_points = None if any(a.points is None for a in held) else max(a.points or 0 for a in held)
    most_amount = None if any(a.amount is None for a in held) else max(a.amount or NOTHING for a in held)
    if (most_points is not None and points > most_points) or (most_amount is not None and amount > most_amount):
        raise forbidden(
            "above_authority",
            "This proposal needs somebody with more authority.",
            most_points=most_points,
            most_amount=None if most_amount is None else format(most_amount, "f"),
        )
