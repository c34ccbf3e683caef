"""Tier policies over HTTP (T9)."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Exact, Months, NamesShape
from shared.chassis import AnnouncedCode, Code, Read, Shape
from shared.rule_sets import RuleSetVersionRead


class TierNameEntry(Read):
    """A tier and what its policy calls it."""

    tier: str
    name: NamesShape


class TierNamesRead(Read):
    """What tiers are called, of all policies that are or were in force."""

    items: list[TierNameEntry]


class LevelWrite(Shape):
    """A level of the ladder: its code and names."""

    code: AnnouncedCode
    name: NamesShape


class BandWrite(Shape):
    """Where a level begins."""

    tier: Code
    from_: Exact | None = Field(
        default=None, alias="from", description="the value this band begins with; the band includes it"
    )
    to: Exact | None = Field(default=None, description="if given, where the next band begins")
    up_to: Exact | None = Field(default=None, description="instead, where less is better: at most this")


class WindowWrite(Shape):
    """How many months are looked at."""

    months: Months = Field(description="calendar months up to and including that of the day looked at")


class TierWrite(Shape):
    """A level by its code."""

    tier: Code


class PointsWrite(Shape):
    """So many points."""

    points: Exact


class PointStepWrite(Shape):
    """From a value on an indicator brings so many points."""

    from_: Exact = Field(alias="from", description="the value from which on it is so many points; below the first: 0")
    to: Exact | None = Field(default=None, description="if given, where the next one begins")
    points: Exact


class PointScaleWrite(Shape):
    """Points grow evenly from 0 at the worst value to all at the best; less may be better."""

    worst: Exact
    best: Exact
    points: Exact


class ItemWrite(Shape):
    """Points of one indicator: by `bands` or by a `scale`."""

    indicator: Code
    bands: list[PointStepWrite] | None = Field(default=None, max_length=20, description="lowest first")
    scale: PointScaleWrite | None = None
    weight: Exact | None = Field(default=None, description="percent or a factor, as the scorecard says")
    unknown: Literal["lowest", "skip"] | PointsWrite = Field(
        default="lowest", description="when it is not known: the least points, left out, or so many points"
    )


class ScorecardWrite(Shape):
    """Indicators whose points are weighted and added (T3)."""

    weights: Literal["percent", "factor"] = "factor"
    items: list[ItemWrite] = Field(max_length=40)


class ViewWrite(ScorecardWrite):
    """One of the four views of an axis: a scorecard with a weight."""

    view: Literal["finance", "service", "customer", "sales"]
    weight: Exact = Field(description="percent of the axis; 100 together")


class ClassWrite(Shape):
    """A class of an axis."""

    code: Code
    name: NamesShape
    from_: Exact | None = Field(default=None, alias="from", description="points; the lowest class has none")


class AxisWrite(Shape):
    """Present or potential value: four views, and classes of their points."""

    views: list[ViewWrite] = Field(max_length=4, description="each of the four views once")
    classes: list[ClassWrite] = Field(max_length=10, description="lowest first")


class CellWrite(Shape):
    """Which level a pair of classes gives."""

    present: Code
    potential: Code
    tier: Code


class ValueMatrixWrite(Shape):
    """Present value by potential value (T4)."""

    present: AxisWrite
    potential: AxisWrite
    cells: list[CellWrite] = Field(max_length=100, description="each combination of classes once")


class ShareWrite(Shape):
    """Which part of all customers, or of revenue, a level holds."""

    tier: Code
    percent: Exact


class SharesWrite(Shape):
    """Levels by share of customers or of revenue (T5, T7)."""

    by: Literal["customers", "revenue"]
    population: Literal["known", "buyers", "all"] | None = Field(
        default=None,
        description="by customers, of whom: whoever's value is `known` (if not given); the `buyers` of "
        "the window; `all` customer files, prospects included",
    )
    shares: list[ShareWrite] = Field(min_length=2, max_length=20, description="highest level first; 100 together")


class StarThresholdWrite(Shape):
    """What each month has to be over for a level."""

    tier: Code
    over: Exact


class StarWrite(Shape):
    """Stars for months in a row over a threshold (T6)."""

    months: Months = Field(description="consecutive full months before the one looked at")
    thresholds: list[StarThresholdWrite] = Field(max_length=20)


class PolicyConditionWrite(Shape):
    """Where it is met, the tier is at most, or at least, so high."""

    name: NamesShape
    when: str = Field(strict=True, min_length=1, max_length=500, examples=["margin_rate < 0.05 && orders > 3.0"])
    at_most: Code | None = None
    at_least: Code | None = None
    unknown: Literal["met", "not_met"] = Field(default="not_met", description="when the answer is not known")


class LifeWrite(Shape):
    """How a tier is gained and lost (T10)."""

    grace_months: Months = Field(
        default=1, description="how long a tier is kept after the first review that found less"
    )
    keep_months: Months = Field(default=0, description="how long a rise is kept at least")
    up_at_once: bool = Field(default=True, strict=True)


class PolicyDocument(Shape):
    """What a tier policy says. Each kind has its own parts; see docs/tiering/policies.md for one of each."""

    kind: Literal["single_indicator", "scorecard", "matrix", "abc", "pyramid", "star"]
    levels: list[LevelWrite] = Field(max_length=20, description="lowest first")
    indicator: Code | None = Field(default=None, description="the amount, if none is named")
    better: Literal["more", "less"] | None = None
    unknown: Literal["lowest"] | TierWrite | None = Field(
        default=None, description="of one indicator: the level when it is not known"
    )
    window: WindowWrite | None = None
    bands: list[BandWrite] | None = Field(default=None, max_length=20, description="lowest level first")
    scorecard: ScorecardWrite | None = None
    matrix: ValueMatrixWrite | None = None
    prospects: Literal["placed", "left_out"] | None = Field(
        default=None,
        description="of a matrix: whether a review places who never ordered, where something is known of the potential "
        "value; left out, if not given",
    )
    groups: Literal["apart", "together"] | None = Field(
        default=None,
        description="whose figures grade the head of a group: its own (`apart`, if not given), or those of all members "
        "`together`; the members keep tiers of their own. Not for shares of everybody (abc, pyramid)",
    )
    abc: SharesWrite | None = None
    pyramid: SharesWrite | None = None
    star: StarWrite | None = None
    conditions: list[PolicyConditionWrite] = Field(default=[], max_length=20)
    life: LifeWrite = LifeWrite()


class TierPolicyVersion(RuleSetVersionRead):
    """A version of a tier policy. Its status may also be `simulated`: a draft that was tried on everybody."""

    simulated_at: datetime | None = Field(description="when its last simulation ended")
