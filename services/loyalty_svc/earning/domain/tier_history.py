"""Loyalty's own copy of a customer's tier history: which tier was in force when (from `TierChanged`)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TierPeriod:
    """A tier (a code) from an instant on, until the next period begins."""

    effective_from: datetime
    tier: str


class TierHistory:
    """The periods in force, each until the next one begins; before the first one there is no tier."""

    def __init__(self, periods: Iterable[TierPeriod] = ()) -> None:
        self.periods = sorted(periods, key=_beginning)

    def at(self, instant: datetime) -> str | None:
        """The tier in force at an instant; None before the first one known."""
        count = bisect_right(self.periods, instant, key=_beginning)
        return self.periods[count - 1].tier if count else None

    def replace_tail(self, since: datetime, periods: Iterable[TierPeriod]) -> None:
        """Drop every period that begins at `since` or later, then add these (oldest first, none of them earlier).

        The same tail again changes nothing (K8).
        """
        self.periods[bisect_left(self.periods, since, key=_beginning) :] = periods


def _beginning(period: TierPeriod) -> datetime:
    return period.effective_from
