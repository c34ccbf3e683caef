"""Monthly assessment of account managers and service centres (T15), by rules that are data.

    score = max(least, base + sum(points) + base * sum(percents) / 100)

A rule looks at one measure. With `below` or `above` it strikes when the measure lies beyond that limit; with `each` it
counts once for every whole such step beyond it, otherwise once. With `rank` it strikes the best or the worst of all who
are assessed together. It takes (or gives) points, or a percent of the base. A measure that is not known strikes nothing
and is named as not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from services.tiering_svc.core.domain.numbers import FOUR_PLACES, HUNDRED, ZERO, Names, number
from shared.errors import invalid

ONE = Decimal(1)
AssessmentDocument = Mapping[str, Any]
Measures = Mapping[str, Decimal | None]

MEASURES = (
    "revenue_change",  # revenue against its baseline: -0.2 is a fifth less
    "lost_customers",
    "uncovered_customers",  # nobody contacted them in time
    "late_complaints",  # with a missed deadline
    "incomplete_files",
    "satisfaction",  # points of the index: experience less expectation
)
RANKED = frozenset({"revenue_change", "satisfaction"})


@dataclass(frozen=True, slots=True)
class AssessmentRule:
    """A rule with one condition (`below`, `above` or `rank`) and one effect (`points` or `percent`)."""

    code: str
    names: Names
    measure: str
    below: Decimal | None
    above: Decimal | None
    each: Decimal | None
    rank: str | None  # best, worst
    points: Decimal | None
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class AssessmentRules:
    """A version of the rules: where everybody begins, where nobody ends below, and how the measures are taken."""

    base: Decimal
    least: Decimal
    baseline_months: int  # the mean of so many months before is what revenue is held against
    contact_every_months: int
    file_complete_from: int  # percent
    rules: tuple[AssessmentRule, ...]


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """What one rule did to the score, in points. `times` 0: it did not strike; `value` None: not known."""

    rule: AssessmentRule
    value: Decimal | None
    times: Decimal
    effect: Decimal


@dataclass(frozen=True, slots=True)
class Assessment:
    """A score, and what each rule did to it."""

    score: Decimal
    applied: tuple[AppliedRule, ...]


def read_rules(document: AssessmentDocument, pointer: str = "") -> AssessmentRules:
    """The rules of a document whose shape is checked. What the shape cannot say is refused with 422 at its field below
    `pointer`: an unknown measure, a rule twice, not one condition, not one effect, a least above the base."""
    base, least = number(document["base"], f"{pointer}/base"), number(document["least"], f"{pointer}/least")
    if least > base:
        raise invalid(
            "least_above_base", "Nobody can end below what everybody begins with.", pointer=f"{pointer}/least"
        )
    rules: list[AssessmentRule] = []
    for index, rule in enumerate(document["rules"]):
        at = f"{pointer}/rules/{index}"
        if any(rule["code"] == before.code for before in rules):
            raise invalid("duplicate_code", "Each rule once.", pointer=f"{at}/code")
        rules.append(_read_rule(rule, at))
    return AssessmentRules(
        base, least, document["baseline_months"], document["contact_every_months"], document["file_complete_from"],
        tuple(rules),
    )  # fmt: skip


def _read_rule(rule: AssessmentDocument, pointer: str) -> AssessmentRule:
    measure, rank = rule["measure"], rule.get("rank")
    if measure not in MEASURES:
        raise invalid("unknown_measure", "There is no such measure.", pointer=f"{pointer}/measure")
    read = {
        field: None if rule.get(field) is None else number(rule[field], f"{pointer}/{field}")
        for field in ("below", "above", "each", "points", "percent")
    }
    conditions = [name for name in ("below", "above") if read[name] is not None] + (["rank"] if rank else [])
    if len(conditions) != 1:
        raise invalid("one_condition", "A rule has one of below, above and rank.", pointer=pointer)
    if (read["points"] is None) == (read["percent"] is None):
        raise invalid("points_or_percent", "A rule has either points or percent.", pointer=pointer)
    if read["each"] is not None and (rank or read["each"] <= 0):
        raise invalid("no_step", "A step is more than 0, and a rank has none.", pointer=f"{pointer}/each")
    if rank and measure not in RANKED:
        raise invalid("not_ranked", "Nobody is best or worst by this measure.", pointer=f"{pointer}/rank")
    return AssessmentRule(rule["code"], dict(rule["name"]), measure, rank=rank, **read)


def assess(rules: AssessmentRules, subjects: Mapping[str, Measures]) -> dict[str, Assessment]:
    """The assessment of each subject. They are assessed together, because one may be the best or the worst of them."""
    return {
        subject: _assess(rules, [_apply(rules, rule, measures, subjects) for rule in rules.rules])
        for subject, measures in subjects.items()
    }


def _assess(rules: AssessmentRules, applied: Sequence[AppliedRule]) -> Assessment:
    total = rules.base + sum((rule.effect for rule in applied), ZERO)
    return Assessment(max(rules.least, total).quantize(FOUR_PLACES), tuple(applied))


def _apply(
    rules: AssessmentRules, rule: AssessmentRule, measures: Measures, subjects: Mapping[str, Measures]
) -> AppliedRule:
    value = measures.get(rule.measure)
    times = ZERO if value is None else _times(rule, value, [others.get(rule.measure) for others in subjects.values()])
    each = rule.points if rule.points is not None else rules.base * (rule.percent or ZERO) / HUNDRED
    return AppliedRule(rule, value, times, each * times if times else ZERO)


def _times(rule: AssessmentRule, value: Decimal, all_values: Sequence[Decimal | None]) -> Decimal:
    if rule.rank is not None:
        known = [other for other in all_values if other is not None]
        if len(known) < 2 or max(known) == min(known):
            return ZERO  # nobody stands out
        return ONE if value == (max(known) if rule.rank == "best" else min(known)) else ZERO
    beyond = rule.below - value if rule.below is not None else value - (rule.above or ZERO)
    if beyond <= 0:
        return ZERO
    return ONE if rule.each is None else (beyond / rule.each).to_integral_value(ROUND_FLOOR)


def revenue_change(revenue: Decimal, baseline: Decimal | None) -> Decimal | None:
    """Revenue against its baseline: -0.2 is a fifth less. Without a baseline above 0 it is not known."""
    return None if not baseline or baseline < 0 else (revenue / baseline - ONE).quantize(FOUR_PLACES)


def reasons_of(assessed: Assessment) -> list[dict[str, Any]]:
    """Every rule with the value it looked at and its effect, as they are kept with the assessment."""
    return [
        {
            "rule": applied.rule.code,
            "name": dict(applied.rule.names),
            "measure": applied.rule.measure,
            "value": None if applied.value is None else format(applied.value, "f"),
            "times": format(applied.times.normalize(), "f"),
            "points": format(applied.effect.normalize(), "f"),
        }
        for applied in assessed.applied
    ]
