"""Which tier a customer was in when, as tiering announced it last, and of which region it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TierPeriod:
    """A tier (a code) from an instant on, until the next period begins."""

    effective_from: datetime
    tier: str


class TierHistory:
    """Periods that follow each other, or the tail of such a history; before the first one no tier is known."""

    def __init__(self, periods: Iterable[TierPeriod] = ()) -> None:
        self.periods = sorted(periods, key=lambda period: period.effective_from)

    def at(self, instant: datetime) -> str | None:
        """The tier in force at an instant; None before the first period."""
        begun = [period.tier for period in self.periods if period.effective_from <= instant]
        return begun[-1] if begun else None

    def since(self, instant: datetime) -> list[str]:
        """The tiers in force at that instant or at any later one, oldest first."""
        ends = [period.effective_from for period in self.periods[1:]]
        ended = sum(end <= instant for end in ends)
        return [period.tier for period in self.periods[ended:]]


@dataclass(frozen=True, slots=True)
class ServedCustomer:
    """What decides by which hours and within which time a customer is answered: its tiers, and its region (a code)."""

    tiers: TierHistory
    region: str | None = None


NOBODY = ServedCustomer(TierHistory())
"""A customer that nobody knows yet: in no tier, of no region."""
