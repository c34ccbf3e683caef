"""Warning rules as data (T12): checked, versioned documents, the rules made of them, refusals that name the field."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import Names, number
from services.tiering_svc.monitoring.domain.detectors import (
    HUNDRED,
    SEVERITIES,
    ComplaintsUp,
    Detector,
    Falling,
    InArrears,
    RevenueDown,
    SatisfactionDown,
    Silent,
    ThresholdStep,
)
from services.tiering_svc.monitoring.domain.monthly_series import SCORES
from shared.errors import invalid

WarningDocument = Mapping[str, Any]
MOST_MONTHS = 24  # of a window; recent and baseline together reach back four years at most
MEASURES_OF_ARREARS = ("amount", "rate", "days")


@dataclass(frozen=True, slots=True)
class WarningRule:
    """A version of a rule, and what it looks for. A customer has one warning of a cause at a time."""

    rule_id: UUID
    version: int
    names: Names
    cause: str
    looking: Detector


def read_rule(
    document: WarningDocument, *, rule_id: UUID, version: int, names: Names, pointer: str = "/document"
) -> WarningRule:
    fields = _Fields(document, pointer)
    kind = document["kind"]
    if kind not in READERS:
        raise invalid("unknown_kind", "There is no such kind of rule.", pointer=f"{pointer}/kind")
    looking = READERS[kind](fields)
    cause = fields.cause(kind)
    fields.refuse_the_rest()
    return WarningRule(rule_id, version, names, cause, looking)


class _Fields:
    """A document's fields, each asked for once; what nobody asked for does not belong to the kind."""

    def __init__(self, document: WarningDocument, pointer: str) -> None:
        self.document = document
        self.pointer = pointer
        self.asked = {"kind"}

    def get(self, name: str) -> Any:
        self.asked.add(name)
        value = self.document.get(name)
        if value is None:
            raise invalid("missing", f"A rule of the kind {self.document['kind']} needs it.", pointer=self.at(name))
        return value

    def at(self, name: str) -> str:
        return f"{self.pointer}/{name}"

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        self.asked.add(name)
        value = self.document.get(name)
        if value is None:
            value = self.get(name) if default is None else default
        if not least <= value <= most:
            raise invalid("out_of_range", f"Between {least} and {most}.", pointer=self.at(name))
        return int(value)

    def exact(self, name: str, most: Decimal | None = None) -> Decimal:
        """Zero unless said."""
        self.asked.add(name)
        value = number(self.document.get(name) or "0", self.at(name))
        if value < 0 or (most is not None and value > most):
            limit = "" if most is None else f" and at most {most}"
            raise invalid("out_of_range", f"At least 0{limit}.", pointer=self.at(name))
        return value

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        value: str = self.get(name)
        if value not in choices:
            raise invalid("unknown_measure", f"One of {', '.join(choices)}.", pointer=self.at(name))
        return value

    def cause(self, kind: str) -> str:
        """The kind's own name, unless another rule of the kind is to warn beside it."""
        self.asked.add("cause")
        cause: str = self.document.get("cause") or kind
        if cause in READERS and cause != kind:
            raise invalid("cause_of_another_kind", "This is what another kind warns of.", pointer=self.at("cause"))
        return cause

    def steps(self, *, most: Decimal | None = None, whole: bool = False) -> tuple[ThresholdStep, ...]:
        """Thresholds, mild first: each severity once, each higher than the one before."""
        given, at = self.get("thresholds"), self.at("thresholds")
        if not given:
            raise invalid("no_thresholds", "At least one threshold is needed.", pointer=at)
        steps: list[ThresholdStep] = []
        for index, one in enumerate(given):
            step = _step(one, f"{at}/{index}", most=most, whole=whole)
            if steps and SEVERITIES.index(step.severity) <= SEVERITIES.index(steps[-1].severity):
                raise invalid(
                    "thresholds_not_ordered", "Each severity once, mild first.", pointer=f"{at}/{index}/severity"
                )
            if steps and step.at_least <= steps[-1].at_least:
                raise invalid("thresholds_overlap", "A worse severity begins higher.", pointer=f"{at}/{index}/at_least")
            steps.append(step)
        return tuple(steps)

    def refuse_the_rest(self) -> None:
        for name, value in self.document.items():
            if value is not None and name not in self.asked:
                kind = self.document["kind"]
                raise invalid("not_of_this_kind", f"A rule of the kind {kind} does not use it.", pointer=self.at(name))


def _step(document: WarningDocument, pointer: str, *, most: Decimal | None, whole: bool) -> ThresholdStep:
    if document["severity"] not in SEVERITIES:
        raise invalid("unknown_severity", f"One of {', '.join(SEVERITIES)}.", pointer=f"{pointer}/severity")
    at_least = number(document["at_least"], f"{pointer}/at_least")
    if at_least <= 0 or (most is not None and at_least > most):
        limit = "" if most is None else f" and at most {most}"
        raise invalid("out_of_range", f"More than 0{limit}.", pointer=f"{pointer}/at_least")
    if whole and at_least % 1:
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
    return Falling(fields.steps(most=Decimal(MOST_MONTHS), whole=True), fields.exact("least_fall", HUNDRED))


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


READERS: dict[str, Callable[[_Fields], Detector]] = {
    RevenueDown.kind: _revenue_down,
    Falling.kind: _falling,
    Silent.kind: _silent,
    ComplaintsUp.kind: _complaints_up,
    InArrears.kind: _arrears,
    SatisfactionDown.kind: _satisfaction_down,
}
