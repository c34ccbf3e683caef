"""What a person may grant without asking, by role: points and an amount (C5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.errors import forbidden

NOTHING = Decimal(0)
UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True)
class Authority:
    """The most a role may propose at once. None: no limit."""

    points: int | None = 0
    amount: Decimal | None = NOTHING


def check_authority(points: int, amount: Decimal, roles: Iterable[str], limits: Mapping[str, Authority]) -> None:
    """Refuse a proposal above what the widest of these roles may grant (403 `above_authority`, with its limits).

    `limits` are by role; a role that is not named may grant nothing.
    """
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


def read_authority_rules(document: Mapping[str, Any]) -> dict[str, Authority]:
    """The limits by role behind a document; a limit that is not given is nothing, `unlimited` is none."""
    return {
        role: Authority(
            None if (points := limit.get("points", 0)) == UNLIMITED else points,
            None if (amount := limit.get("amount", "0")) == UNLIMITED else Decimal(amount),
        )
        for role, limit in document["roles"].items()
    }
