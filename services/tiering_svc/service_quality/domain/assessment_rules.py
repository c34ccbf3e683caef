"""The rules of assessments (T15) as data: what everybody begins with, what revenue is held against, what each rule
takes. A document is read into them once; what makes no sense in it is refused at its field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from services.tiering_svc.core.domain.calendar import shift
from services.tiering_svc.core.domain.numbers import Names, number
from shared.errors import DomainError, invalid

AssessmentDocument = Mapping[str, Any]

MEASURES = (
    "revenue_change",  # revenue against that of the base month: -0.2 is a fifth less
    "top_list_change",  # the same of the customers of the named list
    "lost_customers",
    "uncovered_customers",  # nobody contacted them in time
    "late_complaints",  # with a missed deadline
    "incomplete_files",
    "satisfaction",  # points of the index: experience less expectation
    "late_submissions",
    "late_submission_hours",  # every hour begun after the due time, of all late ones together
    "wrong_submissions",
    "equipment_not_recorded",  # found by spot checks, as the two below
    "equipment_wrong",
    "wrong_files",
)
RANKED = frozenset({"revenue_change", "top_list_change", "satisfaction"})
CHANGES = frozenset({"revenue_change", "top_list_change"})


@dataclass(frozen=True, slots=True)
class BaseMonth:
    """The month that revenue is held against: one month; or the same month of a year, or of so many years before."""

    month: date | None = None
    year: int | None = None
    years_back: int | None = None

    def of(self, month: date) -> date | None:
        """The base of a month that is assessed; None where it would not lie before it."""
        if self.month is not None:
            base = self.month
        elif self.year is not None:
            base = month.replace(year=self.year)
        else:
            base = shift(month, -12 * (self.years_back or 1))
        return base if base < month else None


@dataclass(frozen=True, slots=True)
class TopList:
    """The customers that count most, by name: the `largest` by revenue of the base month, or those that are listed."""

    names: Names
    base: BaseMonth
    largest: int | None
    members: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class AssessmentStep:
    """What a rule takes from a value on: `at_least` so much, or `at_most`. Of several reached the farthest counts."""

    at_least: Decimal | None
    at_most: Decimal | None
    points: Decimal | None
    percent: Decimal | None

    def reached_by(self, value: Decimal) -> bool:
        """Whether a value is as far as this step."""
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most


@dataclass(frozen=True, slots=True)
class AssessmentRule:
    """A rule with one condition (`below`, `above`, `rank` or `steps`) and one effect (`points` or `percent`; steps have
    their own). `most`: it strikes at most so many times."""

    code: str
    names: Names
    measure: str
    below: Decimal | None
    above: Decimal | None
    each: Decimal | None
    rank: Literal["best", "worst"] | None
    steps: tuple[AssessmentStep, ...]
    points: Decimal | None
    percent: Decimal | None
    most: Decimal | None


@dataclass(frozen=True, slots=True)
class AssessmentRules:
    """A version of the rules: where everybody begins, where nobody ends below, and how the measures are taken."""

    base: Decimal
    least: Decimal
    revenue_base: BaseMonth
    contact_every_months: int
    file_complete_from: int  # percent
    top_list: TopList | None
    rules: tuple[AssessmentRule, ...]


def read_rules(document: AssessmentDocument, pointer: str = "") -> AssessmentRules:
    """The rules of a document whose shape is checked. What the shape cannot say is refused with 422 at its field below
    `pointer`: an unknown measure, a rule twice, not one condition, not one effect, a least above the base."""
    base, least = number(document["base"], f"{pointer}/base"), number(document["least"], f"{pointer}/least")
    if least > base:
        raise invalid(
            "least_above_base", "Nobody can end below what everybody begins with.", pointer=f"{pointer}/least"
        )
    listed = document.get("top_list")
    top_list = None if listed is None else _read_top_list(listed, f"{pointer}/top_list")
    rules: list[AssessmentRule] = []
    for index, rule in enumerate(document["rules"]):
        at = f"{pointer}/rules/{index}"
        if any(rule["code"] == before.code for before in rules):
            raise invalid("duplicate_code", "Each rule once.", pointer=f"{at}/code")
        rules.append(_read_rule(rule, at))
        if rules[-1].measure == "top_list_change" and top_list is None:
            raise invalid("no_top_list", "The document names no list of top customers.", pointer=f"{at}/measure")
    return AssessmentRules(
        base, least, _read_base(document["revenue_base"], f"{pointer}/revenue_base"), document["contact_every_months"],
        document["file_complete_from"], top_list, tuple(rules),
    )  # fmt: skip


def _read_base(document: AssessmentDocument, pointer: str) -> BaseMonth:
    month, year, years_back = (document.get(name) for name in ("month", "year", "years_back"))
    if sum(value is not None for value in (month, year, years_back)) != 1:
        raise invalid("one_base", "A base is one of month, year and years_back.", pointer=pointer)
    return BaseMonth(None if month is None else date.fromisoformat(f"{month}-01"), year, years_back)


def _read_top_list(document: AssessmentDocument, pointer: str) -> TopList:
    largest, members = document.get("largest"), document.get("members")
    if (largest is None) == (members is None):
        raise invalid("largest_or_members", "A list has either largest or members.", pointer=pointer)
    return TopList(
        dict(document["name"]), _read_base(document["base"], f"{pointer}/base"), largest,
        frozenset(UUID(str(member)) for member in members or ()),
    )  # fmt: skip


def _numbers(document: AssessmentDocument, pointer: str, *fields: str) -> dict[str, Decimal | None]:
    return {
        field: None if document.get(field) is None else number(document[field], f"{pointer}/{field}")
        for field in fields
    }


def _read_rule(rule: AssessmentDocument, pointer: str) -> AssessmentRule:
    measure, rank = rule["measure"], rule.get("rank")
    if measure not in MEASURES:
        raise invalid("unknown_measure", "There is no such measure.", pointer=f"{pointer}/measure")
    read = _numbers(rule, pointer, "below", "above", "each", "points", "percent", "most")
    steps = tuple(_read_step(step, f"{pointer}/steps/{index}") for index, step in enumerate(rule.get("steps") or ()))
    conditions = [read["below"] is not None, read["above"] is not None, rank is not None, bool(steps)]
    if sum(conditions) != 1:
        raise invalid("one_condition", "A rule has one of below, above, rank and steps.", pointer=pointer)
    if steps and (read["points"] is not None or read["percent"] is not None):
        raise invalid("points_or_percent", "A rule with steps has its effects there.", pointer=pointer)
    if not steps and (read["points"] is None) == (read["percent"] is None):
        raise _points_or_percent(pointer)
    if read["each"] is not None and (rank or steps or read["each"] <= 0):
        raise invalid("no_step", "A step is more than 0; a rank or steps have none.", pointer=f"{pointer}/each")
    if read["most"] is not None and (read["each"] is None or read["most"] <= 0):
        raise invalid("no_most", "Only what strikes for each step has a most, above 0.", pointer=f"{pointer}/most")
    if rank and measure not in RANKED:
        raise invalid("not_ranked", "Nobody is best or worst by this measure.", pointer=f"{pointer}/rank")
    return AssessmentRule(rule["code"], dict(rule["name"]), measure, rank=rank, steps=steps, **read)


def _read_step(step: AssessmentDocument, pointer: str) -> AssessmentStep:
    read = _numbers(step, pointer, "at_least", "at_most", "points", "percent")
    if (read["at_least"] is None) == (read["at_most"] is None):
        raise invalid("at_least_or_at_most", "A step has either at_least or at_most.", pointer=pointer)
    if (read["points"] is None) == (read["percent"] is None):
        raise _points_or_percent(pointer)
    return AssessmentStep(**read)


def _points_or_percent(pointer: str) -> DomainError:
    return invalid("points_or_percent", "A rule or a step has either points or percent.", pointer=pointer)
