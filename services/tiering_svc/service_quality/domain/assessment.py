"""Monthly assessment of account managers and service centres (T15), by rules that are data.

    score = max(least, base + sum(points) + base * sum(percents) / 100)

A rule looks at one measure. With `below` or `above` it strikes when the measure lies beyond that limit; with `each` it
counts once for every whole such step beyond it, otherwise once. With `rank` it strikes the best or the worst of all who
are assessed together. A measure that is not known strikes nothing and is named as not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from services.tiering_svc.core.domain.numbers import Names, number
from shared.errors import invalid

HUNDRED, ONE, ZERO = Decimal(100), Decimal(1), Decimal(0)
STEP = Decimal("0.0001")
AssessmentDocument = Mapping[str, Any]
Measures = Mapping[str, Decimal | None]

MEASURES: dict[str, Names] = {
    "revenue_change": {"en": "Change of revenue against its baseline", "zh": "收入相对基线的变化"},
    "lost_customers": {"en": "Customers lost in the month", "zh": "当月流失客户数"},
    "uncovered_customers": {"en": "Customers nobody contacted in time", "zh": "未按期联系的客户数"},
    "late_complaints": {"en": "Complaints with a missed deadline", "zh": "逾期投诉数"},
    "incomplete_files": {"en": "Files that are not complete enough", "zh": "不完整的档案数"},
    "satisfaction": {"en": "Satisfaction, experience less expectation", "zh": "满意度（体验减期望）"},
}
RANKED = frozenset({"revenue_change", "satisfaction"})


@dataclass(frozen=True, slots=True)
class AssessmentRule:
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
    base: Decimal
    least: Decimal
    baseline_months: int  # the mean of so many months before is what revenue is held against
    contact_every_months: int
    file_complete_from: int  # percent
    rules: tuple[AssessmentRule, ...]


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """What one rule did to the score. `times` 0: it did not strike; `value` None: not known."""

    rule: AssessmentRule
    value: Decimal | None
    times: Decimal
    effect: Decimal


@dataclass(frozen=True, slots=True)
class Assessment:
    score: Decimal
    struck: tuple[AppliedRule, ...]


def read_rules(document: AssessmentDocument, pointer: str = "") -> AssessmentRules:
    """Check the rules. A refusal points at the field."""
    base, least = number(document["base"], f"{pointer}/base"), number(document["least"], f"{pointer}/least")
    if least > base:
        raise invalid(
            "least_above_base", "Nobody can end below what everybody begins with.", pointer=f"{pointer}/least"
        )
    rules: list[AssessmentRule] = []
    for nth, rule in enumerate(document["rules"]):
        here = f"{pointer}/rules/{nth}"
        if any(rule["code"] == before.code for before in rules):
            raise invalid("duplicate_code", "Each rule once.", pointer=f"{here}/code")
        rules.append(_read_rule(rule, here))
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


def assess(assessing: AssessmentRules, subjects: Mapping[str, Measures]) -> dict[str, Assessment]:
    """All who are assessed together, because somebody may be the best or the worst of them."""
    return {
        subject: _assess(assessing, [_strike(assessing, rule, measures, subjects) for rule in assessing.rules])
        for subject, measures in subjects.items()
    }


def _assess(assessing: AssessmentRules, struck: Sequence[AppliedRule]) -> Assessment:
    total = assessing.base + sum((one.effect for one in struck), ZERO)
    return Assessment(max(assessing.least, total).quantize(STEP), tuple(struck))


def _strike(
    assessing: AssessmentRules, rule: AssessmentRule, measures: Measures, subjects: Mapping[str, Measures]
) -> AppliedRule:
    value = measures.get(rule.measure)
    times = ZERO if value is None else _times(rule, value, [others.get(rule.measure) for others in subjects.values()])
    each = rule.points if rule.points is not None else assessing.base * (rule.percent or ZERO) / HUNDRED
    return AppliedRule(rule, value, times, each * times if times else ZERO)


def _times(rule: AssessmentRule, value: Decimal, all_values: Sequence[Decimal | None]) -> Decimal:
    if rule.rank is not None:
        known = [one for one in all_values if one is not None]
        if len(known) < 2 or max(known) == min(known):
            return ZERO  # nobody stands out
        return ONE if value == (max(known) if rule.rank == "best" else min(known)) else ZERO
    beyond = rule.below - value if rule.below is not None else value - (rule.above or ZERO)
    if beyond <= 0:
        return ZERO
    return ONE if rule.each is None else (beyond / rule.each).to_integral_value(ROUND_FLOOR)


def revenue_change(revenue: Decimal, baseline: Decimal | None) -> Decimal | None:
    """-0.2 is a fifth less than the baseline. Without a baseline it is not known."""
    return None if not baseline or baseline < 0 else (revenue / baseline - ONE).quantize(STEP)


def reasons_of(assessed: Assessment) -> list[dict[str, Any]]:
    """Every rule with what it saw and did, as data."""
    return [
        {
            "rule": one.rule.code,
            "name": dict(one.rule.names),
            "measure": one.rule.measure,
            "value": None if one.value is None else format(one.value, "f"),
            "times": format(one.times.normalize(), "f"),
            "points": format(one.effect.normalize(), "f"),
        }
        for one in assessed.struck
    ]


def in_words(score: str, reasons: Sequence[Mapping[str, Any]], language: str) -> str:
    """One paragraph for the person who is assessed."""
    struck = [one for one in reasons if one["times"] != "0"]
    unknown = [MEASURES[one["measure"]][language] for one in reasons if one["value"] is None]
    if language == "zh":
        parts = [f"得分{score}。"] + [f"{one['name']['zh']}：{one['points']}分。" for one in struck]
        return "".join(parts) + (f"未知：{'、'.join(dict.fromkeys(unknown))}。" if unknown else "")
    parts = [f"Score {score}."] + [f"{one['name']['en']}: {one['points']} points." for one in struck]
    return " ".join(parts + ([f"Not known: {'; '.join(dict.fromkeys(unknown))}."] if unknown else []))
