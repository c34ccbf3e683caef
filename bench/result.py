"""What is measured and how it is said: rates in turn, their ratios with spread, and whether the goal is met."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


class Spoilt(RuntimeError):
    """The run lost or doubled something: its speed means nothing."""


@dataclass(frozen=True)
class Spread:
    """Of several rounds: the one in the middle, and how far they lie apart."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.middle:.2f} [{self.least:.2f}–{self.most:.2f}]"


@dataclass(frozen=True)
class Rates:
    """Something done so often a second, by ours and by the limit program, in rounds side by side."""

    code: str
    name: str
    ours: tuple[float, ...]
    limit: tuple[float, ...]
    goal: float | None  # None: printed beside, without a goal
    note: str = ""
    sides: tuple[str, str] = ("ours", "limit")

    @property
    def ratio(self) -> Spread:
        """Each round against its neighbour: what the machine did meanwhile, it did to both."""
        return Spread.of([ours / limit for ours, limit in zip(self.ours, self.limit, strict=True)])

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.ratio.middle >= self.goal

    def line(self) -> str:
        said = f"{self.code} {self.name}".ljust(12)
        one, other = self.sides
        rates = f"{one} {median(self.ours):,.0f}/s  {other} {median(self.limit):,.0f}/s  ratio {self.ratio}"
        return f"{said}  {rates}{_goal('≥', [self.goal], self.met)}{self.note and f'  ({self.note})'}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": "rates", "ratio": asdict(self.ratio), "met": self.met}


@dataclass(frozen=True)
class Waits:
    """How long something takes, in milliseconds: p50 and p99 of each round."""

    code: str
    name: str
    ours: tuple[tuple[float, float], ...]
    limit: tuple[tuple[float, float], ...]
    goal: tuple[float, float]

    @property
    def ratios(self) -> tuple[Spread, Spread]:
        rounds = list(zip(self.ours, self.limit, strict=True))
        return (
            Spread.of([ours[0] / limit[0] for ours, limit in rounds]),
            Spread.of([ours[1] / limit[1] for ours, limit in rounds]),
        )

    @property
    def met(self) -> bool:
        return all(ratio.middle <= goal for ratio, goal in zip(self.ratios, self.goal, strict=True))

    def line(self) -> str:
        said = f"{self.code} {self.name}".ljust(12)
        ours, limit = _percentiles(self.ours), _percentiles(self.limit)
        ratio = f"ratio p50 {self.ratios[0]}, p99 {self.ratios[1]}"
        return f"{said}  ours {ours}  limit {limit}  {ratio}{_goal('≤', self.goal, self.met)}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": "waits", "ratios": [asdict(r) for r in self.ratios], "met": self.met}


@dataclass(frozen=True)
class Spans:
    """How long something takes as a whole, in seconds, and the longest transaction in it, in milliseconds."""

    code: str
    name: str
    ours: tuple[float, ...]
    limit: tuple[float, ...]
    longest_ms: tuple[float, ...]
    goal: float | None  # at most so many times as long; None: not of the size the goal is about
    longest_goal_ms: float
    note: str = ""

    @property
    def ratio(self) -> Spread:
        return Spread.of([ours / limit for ours, limit in zip(self.ours, self.limit, strict=True)])

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.ratio.middle <= self.goal and median(self.longest_ms) <= self.longest_goal_ms

    def line(self) -> str:
        said = f"{self.code} {self.name}".ljust(12)
        spans = f"ours {median(self.ours):.1f} s  limit {median(self.limit):.1f} s  ratio {self.ratio}"
        longest = f"longest transaction {median(self.longest_ms):.0f} ms"
        goal = _goal("≤", [self.goal], self.met)
        return f"{said}  {spans}  {longest}{goal}{self.note and f'  ({self.note})'}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": "spans", "ratio": asdict(self.ratio), "met": self.met}


Measured = Rates | Waits | Spans


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
