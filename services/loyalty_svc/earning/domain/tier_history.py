"""Loyalty's own copy of a customer's tier history: which tier was in force when (from `TierChanged`)."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from shared.events import TierChanged


@dataclass(frozen=True, slots=True)
class TierPeriod:
    """A tier from an instant on, until the next period in force begins. `change_id` is the change that announced it."""

    change_id: UUID
    effective_from: datetime
    tier: str
    superseded: bool = False  # a later change begins at an earlier or equal instant, so this one is not in force


class TierHistory:
    """Periods in force follow each other; superseded ones stay so that a change delivered twice is known."""

    def __init__(self, periods: Iterable[TierPeriod] = ()) -> None:
        self._known: dict[UUID, TierPeriod] = {}
        self._in_force: list[TierPeriod] = []
        for period in periods:
            self._known[period.change_id] = period
            if not period.superseded:
                self._in_force.append(period)
        self._in_force.sort(key=lambda period: period.effective_from)
        self._starts = [period.effective_from for period in self._in_force]

    def at(self, instant: datetime) -> str | None:
        """The tier in force at an instant; None before the first one known."""
        count = bisect_right(self._starts, instant)
        return self._in_force[count - 1].tier if count else None

    def learn(self, change: TierChanged) -> list[TierPeriod]:
        """Take a change in: it replaces what was in force from its instant on. Returns the periods new or changed.

        A change already known changes nothing: delivering all of them again ends in the same history (K8).
        """
        if change.change_id in self._known:
            return []
        new = TierPeriod(change.change_id, change.effective_from, change.tier)
        replaced = [replace(p, superseded=True) for p in self._in_force if p.effective_from >= new.effective_from]
        self._in_force = [p for p in self._in_force if p.effective_from < new.effective_from] + [new]
        self._starts = [period.effective_from for period in self._in_force]
        for period in (new, *replaced):
            self._known[period.change_id] = period
        return [new, *replaced]
