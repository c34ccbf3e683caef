"""What is measured and how it is printed: rates in turn, their ratios with spread, and whether the goal is met."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


class InvalidRun(RuntimeError):
    """The run lost or doubled something: its speed means nothing."""


@dataclass(frozen=True)
class Spread:
    """The median, least and greatest of several rounds."""

    median: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.2f} [{self.minimum:.2f}–{self.maximum:.2f}]"


@dataclass(frozen=True)
class Rates:
    """Something done so often a second, by Patron and by the limit program, in rounds side by side."""

    code: str
    name: str
    patron: tuple[float, ...]
    limit: tuple[float, ...]
    goal: float | None  # None: printed beside, without a goal
    note: str = ""
    sides: tuple[str, str] = ("patron", "limit")

    @property
    def ratio(self) -> Spread:
        """Each round against its neighbour: what the machine did meanwhile, it did to both."""
        return Spread.of([patron / limit for patron, limit in zip(self.patron, self.limit, strict=True)])

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.ratio.median >= self.goal

    def line(self) -> str:
        title = f"{self.code} {self.name}".ljust(12)
        side, other_side = self.sides
        rates = f"{side} {median(self.patron):,.0f}/s  {other_side} {median(self.limit):,.0f}/s  ratio {self.ratio}"
        return f"{title}  {rates}{_goal('≥', [self.goal], self.met)}{self.note and f'  ({self.note})'}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": "rates", "ratio": asdict(self.ratio), "met": self.met}


@dataclass(frozen=True)
class Latencies:
    """How long something takes, in milliseconds: p50 and p99 of each round."""

    code: str
    name: str
    patron: tuple[tuple[float, float], ...]
    limit: tuple[tuple[float, float], ...]
    goal: tuple[float, float]

    @property
    def ratios(self) -> tuple[Spread, Spread]:
        rounds = list(zip(self.patron, self.limit, strict=True))
        return (
            Spread.of([patron[0] / limit[0] for patron, limit in rounds]),
            Spread.of([patron[1] / limit[1] for patron, limit in rounds]),
        )

    @property
    def met(self) -> bool:
        return all(ratio.median <= goal for ratio, goal in zip(self.ratios, self.goal, strict=True))

    def line(self) -> str:
        title = f"{self.code} {self.name}".ljust(12)
        patron, limit = _percentiles(self.patron), _percentiles(self.limit)
        ratio = f"ratio p50 {self.ratios[0]}, p99 {self.ratios[1]}"
        return f"{title}  patron {patron}  limit {limit}  {ratio}{_goal('≤', self.goal, self.met)}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": "latencies", "ratios": [asdict(r) for r in self.ratios], "met": self.met}


@dataclass(frozen=True)
class Durations:
    """How long something takes as a whole, in seconds, and the longest transaction in it, in milliseconds."""

    code: str
    name: str
    patron: tuple[float, ...]
    limit: tuple[float, ...]
    longest_ms: tuple[float, ...]
    goal: float | None  # at most so many times as long; None: not of the size the goal is about
    longest_goal_ms: float
    note: str = ""

    @property
    def ratio(self) -> Spread:
        return Spread.of([patron / limit for patron, limit in zip(self.patron, self.limit, strict=True)])

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.ratio.median <= self.goal and median(self.longest_ms) <= self.longest_goal_ms

    def line(self) -> str:
        title = f"{self.code} {self.name}".ljust(12)
        durations = f"patron {median(self.patron):.1f} s  limit {median(self.limit):.1f} s  ratio {self.ratio}"
        longest = f"longest transaction {median(self.longest_ms):.0f} ms"
        goal = _goal("≤", [self.goal], self.met)
        return f"{title}  {durations}  {longest}{goal}{self.note and f'  ({self.note})'}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": "durations", "ratio": asdict(self.ratio), "met": self.met}


Measured = Rates | Latencies | Durations


def percentiles(milliseconds: Sequence[float]) -> tuple[float, float]:
    """p50 and p99 by nearest rank."""
    ordered = sorted(milliseconds)
    return ordered[(len(ordered) - 1) // 2], ordered[min(len(ordered) - 1, -(-99 * len(ordered) // 100) - 1)]


def _percentiles(rounds: Sequence[tuple[float, float]]) -> str:
    return f"p50 {median(r[0] for r in rounds):.1f} ms, p99 {median(r[1] for r in rounds):.1f} ms"


def _goal(sign: str, goals: Sequence[float | None], met: bool | None) -> str:
    if met is None:
        return ""
    wanted = ", ".join(f"{sign} {goal:.2f}" for goal in goals)
    return f"  goal {wanted}  {'met' if met else 'missed'}"
