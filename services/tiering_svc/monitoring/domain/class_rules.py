"""Warning rules about classes of customers and product lines (T12): whose months they look at, and what they look for.

A class is made of the customers that are alike in one dimension (tier, region, industry, kind, stage, manager); a
product line is a category of goods. Its series holds what its members of the sweep's day brought in each month, so that
nobody's moving to another class makes a rise or a fall; detectors are those of customers, and one of its buyers.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from services.tiering_svc.core.domain.calendar import shift, spelled
from services.tiering_svc.monitoring.domain.detectors import (
    HUNDRED,
    TENTH,
    Detector,
    Falling,
    Finding,
    RevenueDown,
    ThresholdStep,
    severity_of,
)
from services.tiering_svc.monitoring.domain.limits import MOST_MONTHS
from services.tiering_svc.monitoring.domain.monthly_series import MonthlySeries, Window, full_months
from services.tiering_svc.monitoring.domain.subjects import CATEGORY, CLASS, DIMENSIONS, PRODUCT_LINE
from shared.errors import invalid

SHARED_KINDS = (RevenueDown.kind, Falling.kind)  # kinds of rules that look at customers and at classes
LONGEST = 2 * MOST_MONTHS


@dataclass(frozen=True, slots=True)
class ClassSeries(MonthlySeries):
    """A class by month: what its members brought together. `buyers`: how many of them ordered in a month;
    `backfilled`: the months of whose revenue more than half was recorded after the month following them."""

    members: int = 0  # customers in the class; of a product line, who bought of it in these months
    buyers: Mapping[date, int] = field(default_factory=dict)
    backfilled: AbstractSet[date] = frozenset()

    def buyers_of(self, window: Window) -> int:
        """The buyers of each month of a window, summed up."""
        return sum(count for month, count in self.buyers.items() if window.first <= month <= window.last)


@dataclass(frozen=True, slots=True)
class BuyersDown:
    """Buyers a month in the last full months, in percent below those of the months before them."""

    recent_months: int
    baseline_months: int
    steps: tuple[ThresholdStep, ...]
    kind: ClassVar[str] = "buyers_down"

    def detect(self, series: MonthlySeries) -> Finding | None:
        """None where the class has no whole baseline yet."""
        assert isinstance(series, ClassSeries)
        recent, baseline = full_months(series.this_month, self.recent_months, self.baseline_months)
        before = series.buyers_of(baseline)
        if not series.known_since(baseline.first) or not before:
            return None
        usual, present = Decimal(before) / self.baseline_months, Decimal(series.buyers_of(recent)) / self.recent_months
        fall = (usual - present) * HUNDRED / usual
        return Finding(
            severity_of(fall, self.steps),
            lambda: {
                "recent": recent, "recent_buyers": present.quantize(TENTH), "baseline": baseline,
                "baseline_buyers": usual.quantize(TENTH), "fall_percent": fall.quantize(TENTH),
            },
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClassDetector:
    """What a rule looks for in each class of a dimension, or in each product line."""

    subject_kind: str
    dimension: str
    least_customers: int  # a smaller class says nothing
    detector: Detector

    @property
    def kind(self) -> str:
        """The kind of rule."""
        return self.detector.kind

    @property
    def months(self) -> int:
        """How many full months it looks back on."""
        match self.detector:
            case Falling():
                return int(self.detector.steps[-1].at_least) + 1
            case RevenueDown() | BuyersDown():
                return self.detector.recent_months + self.detector.baseline_months
        return LONGEST

    def detect(self, series: MonthlySeries) -> Finding | None:
        """What it finds in the series of a class, with what of it was recorded long after; None for a small class."""
        assert isinstance(series, ClassSeries)
        finding = self.detector.detect(series) if series.members >= self.least_customers else None
        if finding is None:
            return None
        first = shift(series.this_month, -self.months)
        backfilled = [spelled(month) for month in sorted(series.backfilled) if month >= first]
        measured = finding.measure
        return Finding(finding.severity, lambda: measured() | {"customers": series.members, "backfilled": backfilled})


class RuleFields(Protocol):
    """The fields of a rule's document, as they are read; each is checked, and refused at its own pointer."""

    document: Mapping[str, Any]

    def at(self, name: str) -> str: ...

    def get(self, name: str) -> Any: ...

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int: ...

    def steps(self, *, most: Decimal | None = None, in_whole_numbers: bool = False) -> tuple[ThresholdStep, ...]: ...


Readers = Mapping[str, Callable[[Any], Detector]]


def read_class_detector(fields: RuleFields, readers: Readers) -> ClassDetector:
    """The detector of a rule about classes or product lines; `readers` are those of customers' rules, by kind. Refused
    with 422 at its field: `unknown_subject`, `unknown_dimension`, `not_of_classes`."""
    subject_kind: str = fields.get("subject")
    if subject_kind not in (CLASS, PRODUCT_LINE):
        raise invalid("unknown_subject", f"One of {CLASS}, {PRODUCT_LINE}.", pointer=fields.at("subject"))
    dimension: str = fields.get("dimension") if subject_kind == CLASS else CATEGORY
    if subject_kind == CLASS and dimension not in DIMENSIONS:
        raise invalid("unknown_dimension", f"One of {', '.join(DIMENSIONS)}.", pointer=fields.at("dimension"))
    kind = fields.document["kind"]
    if kind == BuyersDown.kind:
        detector: Detector = BuyersDown(
            fields.whole("recent_months", 1, MOST_MONTHS), fields.whole("baseline_months", 1, MOST_MONTHS),
            fields.steps(most=HUNDRED),
        )  # fmt: skip
    elif kind in SHARED_KINDS:
        detector = readers[kind](fields)
    else:
        allowed = ", ".join((*SHARED_KINDS, BuyersDown.kind))
        raise invalid("not_of_classes", f"Rules about classes are of the kinds {allowed}.", pointer=fields.at("kind"))
    return ClassDetector(subject_kind, dimension, fields.whole("least_customers", 1, 1_000_000, 1), detector)


def default_cause(detector: ClassDetector) -> str:
    """What a rule about classes warns of, unless its document says so: `tier_revenue_down`, `category_falling`."""
    return f"{detector.dimension}_{detector.kind}"
