"""Which version was in force at T, as known at K: the fold of a kind's history.

Each `active` or `retired` step says something of a version from an instant on, and the later one said holds. So a
version is in force at T, as known at K, when the last of its steps with `at <= K` and `effective_from <= T` says
`active`.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from shared.rule_sets.lifecycle import RuleSetStep

Rules = TypeVar("Rules")
VersionKey = tuple[UUID, int]
Span = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class InForce(Generic[Rules]):
    """A version that was in force, with what its document was read into. A decision names (`id`, `version`)."""

    id: UUID
    version: int
    rules: Rules
    effective_from: datetime
    effective_to: datetime | None = None

    @property
    def key(self) -> VersionKey:
        return self.id, self.version


@dataclass(frozen=True, slots=True)
class Interval:
    """From `effective_from` until just before `effective_to` (None: no end is set) a version is in force."""

    id: UUID
    version: int
    effective_from: datetime
    effective_to: datetime | None

    def holds_at(self, instant: datetime) -> bool:
        return self.effective_from <= instant and (self.effective_to is None or instant < self.effective_to)


def intervals_of(steps: Iterable[RuleSetStep], known_at: datetime | None = None) -> list[Interval]:
    """All intervals, by their beginnings, as the steps taken until `known_at` set them. Steps come in their order."""
    spans: dict[VersionKey, list[Span]] = {}
    for step in steps:
        if step.effective_from is None or (known_at is not None and step.at > known_at):
            continue
        before: list[Span] = [
            (begins, step.effective_from if ends is None or ends > step.effective_from else ends)
            for begins, ends in spans.get((step.id, step.version), [])
            if begins < step.effective_from
        ]
        if step.step == "active":
            if before and before[-1][1] == step.effective_from:  # it goes on
                before[-1] = (before[-1][0], None)
            else:
                before.append((step.effective_from, None))
        spans[step.id, step.version] = before
    every = [Interval(*key, begins, ends) for key, parts in spans.items() for begins, ends in parts]
    return sorted(every, key=lambda interval: (interval.effective_from, interval.id, interval.version))


class Timeline(Generic[Rules]):
    """The versions of a kind of which one at a time is in force, by when: for work that spans many instants."""

    def __init__(self, intervals: Sequence[Interval], rules_of: Callable[[VersionKey], Rules]) -> None:
        self.intervals = tuple(intervals)
        self._beginnings = [interval.effective_from for interval in intervals]
        self._rules_of = rules_of

    def find(self, instant: datetime) -> InForce[Rules] | None:
        """The version in force at the instant; None before the first one."""
        place = bisect_right(self._beginnings, instant) - 1
        if place < 0 or not self.intervals[place].holds_at(instant):
            return None
        interval = self.intervals[place]
        rules = self._rules_of((interval.id, interval.version))
        return InForce(interval.id, interval.version, rules, interval.effective_from, interval.effective_to)
