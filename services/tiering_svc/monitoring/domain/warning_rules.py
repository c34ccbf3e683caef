"""Warning rules as data (T12): a document checked field by field, and the rule with its detector made of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import Names, number
from services.tiering_svc.monitoring.domain.class_rules import default_cause, read_class_detector
from services.tiering_svc.monitoring.domain.detectors import (
    HUNDRED,
    SEVERITIES,
    ComplaintsUp,
    Detector,
    Falling,
    Finding,
    InArrears,
    RevenueDown,
    SatisfactionDown,
    Silent,
    ThresholdStep,
)
from services.tiering_svc.monitoring.domain.likelihood.detector import LikelyLoss
from services.tiering_svc.monitoring.domain.limits import MOST_MONTHS, non_negative, whole
from services.tiering_svc.monitoring.domain.monthly_series import SCORES, MonthlySeries
from services.tiering_svc.monitoring.domain.subjects import CUSTOMER
from shared.errors import invalid

WarningDocument = Mapping[str, Any]
MEASURES_OF_ARREARS = ("amount", "rate", "days")


@dataclass(frozen=True, slots=True)
class WarningRule:
    """A version of a rule, and what it looks for. A customer has one lasting warning of a cause at a time."""

    rule_id: UUID
    version: int
    names: Names
    cause: str
    detector: Detector
    least_likelihood: Decimal | None = None  # of a loss: below it only the worst threshold raises; None: all do
    red_likelihood: Decimal | None = None  # from it on red, below it yellow; None: as the thresholds say

    @property
    def follows_likelihood(self) -> bool:
        """Whether its severity says how likely a loss is, so that it gets milder too."""
        return self.red_likelihood is not None or isinstance(self.detector, LikelyLoss)

    def detect(self, series: MonthlySeries) -> Finding | None:
        """What the detector finds, as severe as the loss is likely. Where the likelihood is not known, the thresholds
        alone decide."""
        finding = self.detector.detect(series)
        likelihood = series.likelihood
        if finding is None or finding.severity is None or likelihood is None:
            return finding
        is_unlikely = self.least_likelihood is not None and likelihood.probability < self.least_likelihood
        if is_unlikely and finding.severity != SEVERITIES[-1]:
            return finding._replace(severity=None)
        if self.red_likelihood is None:
            return finding
        return finding._replace(severity=SEVERITIES[likelihood.probability >= self.red_likelihood])


def read_rule(
    document: WarningDocument, *, rule_id: UUID, version: int, names: Names, pointer: str = "/document"
) -> WarningRule:
    """The rule of a document whose shape is checked. What the shape cannot say is refused with 422 at its field, below
    `pointer`: a field that is missing or not of the kind, a number out of range, thresholds in the wrong order."""
    fields = _Fields(document, pointer)
    kind = document["kind"]
    detector: Detector
    if document.get("subject") not in (None, CUSTOMER):
        detector = of_classes = read_class_detector(fields, READERS)
        cause = fields.cause(default_cause(of_classes))
    elif kind not in READERS:
        raise invalid("unknown_kind", "There is no such kind of rule.", pointer=f"{pointer}/kind")
    else:
        detector = READERS[kind](fields)
        cause = fields.cause(kind)
    least, red = fields.likelihood("least_likelihood"), fields.likelihood("red_likelihood")
    if least is not None and red is not None and least > red:
        raise invalid("thresholds_not_ordered", "Red begins no lower.", pointer=fields.at("red_likelihood"))
    fields.refuse_unread()
    return WarningRule(rule_id, version, names, cause, detector, least, red)


class _Fields:
    """A document's fields, noted as they are read: a field that the reader of its kind does not read is refused."""

    def __init__(self, document: WarningDocument, pointer: str) -> None:
        self.document = document
        self.pointer = pointer
        self.read = {"kind", "subject"}

    def get(self, name: str) -> Any:
        """A field that the kind needs."""
        self.read.add(name)
        value = self.document.get(name)
        if value is None:
            raise invalid("missing", f"A rule of the kind {self.document['kind']} needs it.", pointer=self.at(name))
        return value

    def at(self, name: str) -> str:
        """The JSON pointer of a field."""
        return f"{self.pointer}/{name}"

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number from `least` to `most`; needed, where there is no default."""
        self.read.add(name)
        value = self.document.get(name)
        if value is None:
            value = self.get(name) if default is None else default
        return whole(int(value), least, most, self.at(name))

    def exact(self, name: str, most: Decimal | None = None) -> Decimal:
        """A decimal from 0 to `most`; 0 where the document does not have it."""
        self.read.add(name)
        return non_negative(self.document.get(name) or "0", self.at(name), most)

    def likelihood(self, name: str) -> Decimal | None:
        """A likelihood, more than 0 and at most 1; None where the document does not have it."""
        self.read.add(name)
        if self.document.get(name) is None:
            return None
        value = number(self.document[name], self.at(name))
        if not 0 < value <= 1:
            raise invalid("out_of_range", "More than 0 and at most 1.", pointer=self.at(name))
        return value

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        """A field that the kind needs, with one of these values."""
        value: str = self.get(name)
        if value not in choices:
            raise invalid("unknown_measure", f"One of {', '.join(choices)}.", pointer=self.at(name))
        return value

    def cause(self, kind: str) -> str:
        """What the rule warns of: its kind, unless the document names a cause of its own, so that two rules of a kind
        can warn beside each other."""
        self.read.add("cause")
        cause: str = self.document.get("cause") or kind
        if cause in READERS and cause != kind:
            raise invalid("cause_of_another_kind", "This is what another kind warns of.", pointer=self.at("cause"))
        return cause

    def steps(self, *, most: Decimal | None = None, in_whole_numbers: bool = False) -> tuple[ThresholdStep, ...]:
        """The thresholds, mild first: each severity once, each higher than the one before."""
        thresholds, at = self.get("thresholds"), self.at("thresholds")
        if not thresholds:
            raise invalid("no_thresholds", "At least one threshold is needed.", pointer=at)
        steps: list[ThresholdStep] = []
        for index, threshold in enumerate(thresholds):
            step = _step(threshold, f"{at}/{index}", most=most, in_whole_numbers=in_whole_numbers)
            if steps and SEVERITIES.index(step.severity) <= SEVERITIES.index(steps[-1].severity):
                raise invalid(
                    "thresholds_not_ordered", "Each severity once, mild first.", pointer=f"{at}/{index}/severity"
                )
            if steps and step.at_least <= steps[-1].at_least:
                raise invalid("thresholds_overlap", "A worse severity begins higher.", pointer=f"{at}/{index}/at_least")
            steps.append(step)
        return tuple(steps)

    def refuse_unread(self) -> None:
        """Fields that the kind does not have."""
        for name, value in self.document.items():
            if value is not None and name not in self.read:
                kind = self.document["kind"]
                raise invalid("not_of_this_kind", f"A rule of the kind {kind} does not use it.", pointer=self.at(name))


def _step(document: WarningDocument, pointer: str, *, most: Decimal | None, in_whole_numbers: bool) -> ThresholdStep:
    if document["severity"] not in SEVERITIES:
        raise invalid("unknown_severity", f"One of {', '.join(SEVERITIES)}.", pointer=f"{pointer}/severity")
    at_least = number(document["at_least"], f"{pointer}/at_least")
    if at_least <= 0 or (most is not None and at_least > most):
        limit = "" if most is None else f" and at most {most}"
        raise invalid("out_of_range", f"More than 0{limit}.", pointer=f"{pointer}/at_least")
    if in_whole_numbers and at_least % 1:
        raise invalid("not_whole", "A whole number is needed.", pointer=f"{pointer}/at_least")
    return ThresholdStep(SEVERITIES[SEVERITIES.index(document["severity"])], at_least)


def _revenue_down(fields: _Fields) -> Detector:
    recent = fields.whole("recent_months", 1, MOST_MONTHS)
    baseline = fields.whole("baseline_months", 1, MOST_MONTHS)
    deviations = fields.exact("least_deviations", HUNDRED)
    if deviations and baseline < 2:
        raise invalid(
            "baseline_too_short", "Two months at least have a deviation.", pointer=fields.at("baseline_months")
        )
    return RevenueDown(recent, baseline, fields.steps(most=HUNDRED), fields.exact("least_baseline"), deviations)


def _falling(fields: _Fields) -> Detector:
    return Falling(fields.steps(most=Decimal(MOST_MONTHS), in_whole_numbers=True), fields.exact("least_fall", HUNDRED))


def _silent(fields: _Fields) -> Detector:
    return Silent(
        fields.steps(),
        fields.whole("cycle_months", 1, MOST_MONTHS),
        fields.whole("least_orders", 2, 1_000, 3),
        fields.whole("least_days", 0, 3_650, 0),
    )


def _complaints_up(fields: _Fields) -> Detector:
    return ComplaintsUp(
        fields.whole("recent_months", 1, MOST_MONTHS), fields.whole("baseline_months", 1, MOST_MONTHS), fields.steps()
    )


def _arrears(fields: _Fields) -> Detector:
    measure = fields.one_of("measure", MEASURES_OF_ARREARS)
    return InArrears(measure, fields.steps(most=HUNDRED if measure == "rate" else None))


def _satisfaction_down(fields: _Fields) -> Detector:
    return SatisfactionDown(
        fields.one_of("measure", SCORES),
        fields.whole("recent_months", 1, MOST_MONTHS),
        fields.whole("baseline_months", 1, MOST_MONTHS),
        fields.whole("least_answers", 1, 1_000, 1),
        fields.steps(),
    )


def _likely_loss(fields: _Fields) -> Detector:
    return LikelyLoss(fields.steps(most=Decimal(1)))


READERS: dict[str, Callable[[_Fields], Detector]] = {
    RevenueDown.kind: _revenue_down,
    Falling.kind: _falling,
    Silent.kind: _silent,
    ComplaintsUp.kind: _complaints_up,
    InArrears.kind: _arrears,
    SatisfactionDown.kind: _satisfaction_down,
    LikelyLoss.kind: _likely_loss,
}
