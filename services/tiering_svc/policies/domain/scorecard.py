"""Scorecards (T3): several indicators, each banded or scaled to points, weighted and added."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from services.tiering_svc.core.domain.numbers import ZERO, Value, number
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.document_fields import (
    POINT,
    Document,
    ascending,
    ends_where_the_next_begins,
    numeric_indicator,
    threshold,
    weights,
)
from shared.errors import invalid

Unknown = Literal["lowest", "skip"] | Decimal


@dataclass(frozen=True, slots=True)
class PointStep:
    """From the value `start` on an indicator brings so many points; below the first step it brings none."""

    start: Decimal
    points: Decimal


@dataclass(frozen=True, slots=True)
class Scale:
    """Points that grow evenly from 0 at the worst value to all at the best; beyond either they stay. Less may be
    better."""

    worst: Decimal
    best: Decimal
    points: Decimal

    def points_of(self, value: Decimal) -> Decimal:
        """The points of a value: its share of the way from worst to best, to four places."""
        share = (value - self.worst) / (self.best - self.worst)
        return (min(max(share, ZERO), Decimal(1)) * self.points).quantize(POINT)

    def value_for(self, points: Decimal) -> Decimal:
        """The value that earns exactly so many points."""
        return self.worst + (self.best - self.worst) * points / self.points


@dataclass(frozen=True, slots=True)
class ScorecardItem:
    """One indicator of a scorecard: how its values bring points, their weight, and what it brings when not known."""

    indicator: str
    by: tuple[PointStep, ...] | Scale
    weight: Decimal  # a factor
    unknown: Unknown

    @property
    def most(self) -> Decimal:
        """The most points it can bring, before its weight."""
        return self.by.points if isinstance(self.by, Scale) else max(step.points for step in self.by)

    @property
    def least(self) -> Decimal:
        """The least points it can bring, before its weight; less than 0 only where a step says so."""
        return ZERO if isinstance(self.by, Scale) else min(ZERO, *(step.points for step in self.by))

    def points_of(self, value: Value) -> Decimal | None:
        """The points of a value, before the weight; None where it is not known and left out."""
        if value is None:
            return self.least if self.unknown == "lowest" else None if self.unknown == "skip" else self.unknown
        if isinstance(self.by, Scale):
            return self.by.points_of(Decimal(value))
        points = ZERO
        for step in self.by:
            if value < step.start:
                break
            points = step.points
        return points

    @property
    def rising(self) -> bool:
        """Whether more of the indicator is never fewer points."""
        if isinstance(self.by, Scale):
            return self.by.best > self.by.worst and self.unknown == "lowest"
        points = [ZERO, *(step.points for step in self.by)]
        return points == sorted(points) and self.unknown == "lowest"


@dataclass(frozen=True, slots=True)
class ItemScore:
    """What an item of a scorecard brings one customer."""

    item: ScorecardItem
    value: Value
    points: Decimal | None  # None: left out

    @property
    def weighted(self) -> Decimal | None:
        """The points times the weight, as they are added up."""
        return None if self.points is None else (self.points * self.item.weight).quantize(POINT)


@dataclass(frozen=True, slots=True)
class PolicyScore:
    """A customer's score: the total, and what each item brings."""

    total: Decimal | None  # None: nothing of it is known
    items: tuple[ItemScore, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Several indicators whose points are weighted and added."""

    items: tuple[ScorecardItem, ...]

    @property
    def signed(self) -> bool:
        """Whether somebody can have less than 0 points."""
        return any(item.least < 0 or (isinstance(item.unknown, Decimal) and item.unknown < 0) for item in self.items)

    @property
    def indicators(self) -> tuple[str, ...]:
        """The codes of the indicators it looks at."""
        return tuple(item.indicator for item in self.items)

    @property
    def most(self) -> Decimal:
        """The most points anybody can have."""
        return sum((item.most * item.weight for item in self.items), ZERO)

    def score(self, snapshot: CustomerSnapshot) -> PolicyScore:
        """A customer's score. Where an item is left out the others count for it, so that the most one can reach stays
        the same."""
        scores = tuple(_score_of(item, snapshot) for item in self.items)
        counted = [(score.points, score.item) for score in scores if score.points is not None]
        if not counted:
            return PolicyScore(None, scores)
        added = sum((points * item.weight for points, item in counted), ZERO)
        if len(counted) < len(scores) and (reachable := sum((item.most * item.weight for _, item in counted), ZERO)):
            added = added * self.most / reachable
        return PolicyScore(added.quantize(POINT), scores)


def _score_of(item: ScorecardItem, snapshot: CustomerSnapshot) -> ItemScore:
    value: Value = INDICATORS[item.indicator].value(snapshot)  # never a code: the policy would have been refused
    return ItemScore(item, value, item.points_of(value))


# --- the document --------------------------------------------------------------------------------------------------


def read_scorecard(document: Document, pointer: str) -> Scorecard:
    """The scorecard that a part of a policy document describes; what does not fit is refused at its field."""
    items = document["items"]
    if not items:
        raise invalid("no_items", "A scorecard has at least one indicator.", pointer=f"{pointer}/items")
    factors = weights(items, document.get("weights") or "factor", f"{pointer}/items")
    scored = [_item(item, factors[index], f"{pointer}/items/{index}") for index, item in enumerate(items)]
    indicators: set[str] = set()
    for index, item in enumerate(scored):
        if item.indicator in indicators:
            raise invalid("indicator_twice", "Each indicator once.", pointer=f"{pointer}/items/{index}/indicator")
        indicators.add(item.indicator)
    card = Scorecard(tuple(scored))
    if card.most <= 0:
        raise invalid("no_points", "Nobody could earn a point.", pointer=f"{pointer}/items")
    return card


def _item(item: Document, weight: Decimal, pointer: str) -> ScorecardItem:
    indicator = numeric_indicator(item["indicator"], f"{pointer}/indicator")
    bands, scale = item.get("bands"), item.get("scale")
    if (bands is None) == (scale is None):
        raise invalid("bands_or_scale", "Points come from `bands` or from a `scale`.", pointer=pointer)
    by = _scale(scale, f"{pointer}/scale") if bands is None else _steps(bands, indicator, f"{pointer}/bands")  # type: ignore[arg-type]
    return ScorecardItem(indicator, by, weight, _unknown(item.get("unknown"), f"{pointer}/unknown"))


def _steps(bands: Sequence[Document], indicator: str, pointer: str) -> tuple[PointStep, ...]:
    if not bands:
        raise invalid("no_bands", "At least one band is needed.", pointer=pointer)
    signed = INDICATORS[indicator].signed
    steps = [
        PointStep(
            threshold(band["from"], f"{pointer}/{index}/from", signed=signed),
            number(band["points"], f"{pointer}/{index}/points"),
        )
        for index, band in enumerate(bands)
    ]
    starts = [step.start for step in steps]
    ascending(starts, pointer, "from")
    ends_where_the_next_begins(bands, starts, pointer)
    return tuple(steps)


def _scale(scale: Document, pointer: str) -> Scale:
    points = Scale(*(number(scale[field], f"{pointer}/{field}") for field in ("worst", "best", "points")))
    if points.worst == points.best:
        raise invalid("empty_scale", "A scale has two ends.", pointer=f"{pointer}/best")
    if points.points <= 0:
        raise invalid("no_points", "A scale gives more than 0 points.", pointer=f"{pointer}/points")
    return points


def _unknown(unknown: str | Document | None, pointer: str) -> Unknown:
    if unknown is None or unknown == "lowest":
        return "lowest"
    if unknown == "skip":
        return "skip"
    if isinstance(unknown, str):
        raise invalid("unknown_treatment", "lowest, skip, or points.", pointer=pointer)
    return number(unknown["points"], f"{pointer}/points")
