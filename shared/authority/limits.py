"""Gifts of points and money, and the limits they are counted against. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

CountedPer = Literal["case", "customer", "day"]
"""What is counted together: all of a case; all of a customer within some days; all that a person gave on a day."""

EVERY_COUNT: tuple[CountedPer, ...] = get_args(CountedPer)


@dataclass(frozen=True, slots=True)
class Gift:
    """Points and money, each zero or more; also a sum of several gifts."""

    points: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: "Gift") -> "Gift":
        return Gift(self.points + other.points, self.amount + other.amount)

    def __bool__(self) -> bool:
        return bool(self.points or self.amount)


NOTHING = Gift()


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that may be given. None: no limit."""

    points: int | None = 0
    amount: Decimal | None = Decimal(0)

    def covers(self, gift: Gift) -> bool:
        """Whether a gift, or a sum of gifts, stays within the limit (equal to it is within)."""
        return (self.points is None or gift.points <= self.points) and (
            self.amount is None or gift.amount <= self.amount
        )


def widest(limits: Iterable[Limit]) -> Limit:
    """Of several limits the greater points and the greater amount; of none, nothing."""
    every = list(limits) or [Limit()]
    return Limit(
        None if any(limit.points is None for limit in every) else max(limit.points or 0 for limit in every),
        None if any(limit.amount is None for limit in every) else max(limit.amount or Decimal(0) for limit in every),
    )


def limits_reached(
    gift: Gift, given: Mapping[CountedPer, Gift], limits: Mapping[CountedPer, Limit]
) -> tuple[CountedPer, ...]:
    """The counts that the gift would take beyond their limits, in the order case, customer, day.

    `given` are the sums until now, without what another person approved. What gives nothing reaches no limit.
    """
    if not gift:
        return ()
    return tuple(
        count for count in EVERY_COUNT if count in limits and not limits[count].covers(given.get(count, NOTHING) + gift)
    )
