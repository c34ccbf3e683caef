"""Monthly assessment of account managers and service centres (T15), by rules that are data.

    score = max(least, base + sum(points) + base * sum(percents) / 100)

A rule looks at one measure. With `below` or `above` it strikes when the measure lies beyond that limit; with `each` it
counts once for every whole such step beyond it (at most `most` times), otherwise once. With `rank` it strikes the best
or the worst of all who are assessed together. With `steps` the farthest one reached strikes. It takes (or gives)
points, or a percent of the base. A measure that is not known strikes nothing and is named as not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from services.tiering_svc.core.domain.numbers import FOUR_PLACES, HUNDRED, ZERO
from services.tiering_svc.service_quality.domain.assessment_rules import AssessmentRule, AssessmentRules, AssessmentStep
from services.tiering_svc.service_quality.domain.measures import Measure, whole_steps

ONE = Decimal(1)
Measures = Mapping[str, Measure]
NOT_KNOWN = Measure(None)


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """What one rule did to the score, in points. `times` 0: it did not strike."""

    rule: AssessmentRule
    measure: Measure
    times: Decimal
    effect: Decimal


@dataclass(frozen=True, slots=True)
class Assessment:
    """A score, and what each rule did to it."""

    score: Decimal
    applied: tuple[AppliedRule, ...]


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
    measure = measures.get(rule.measure, NOT_KNOWN)
    if measure.value is None:
        return AppliedRule(rule, measure, ZERO, ZERO)
    if rule.rank is not None:
        values = [others.get(rule.measure, NOT_KNOWN).value for others in subjects.values()]
        return _ranked(rules, rule, measure, [value for value in values if value is not None])
    if rule.steps:
        step = _farthest(rule.steps, measure.value)
        return AppliedRule(
            rule, measure, ZERO if step is None else ONE, ZERO if step is None else _points(rules, step)
        )  # fmt: skip
    return _struck(rules, rule, measure, _times(rule, measure.value))


def _ranked(rules: AssessmentRules, rule: AssessmentRule, measure: Measure, values: Sequence[Decimal]) -> AppliedRule:
    best = max(values) if rule.rank == "best" else min(values)
    stands_out = max(values) != min(values) and measure.value == best  # where all are alike nobody does
    return _struck(rules, rule, replace(measure, base=best), ONE if stands_out else ZERO)


def _struck(rules: AssessmentRules, rule: AssessmentRule, measure: Measure, times: Decimal) -> AppliedRule:
    return AppliedRule(rule, measure, times, _points(rules, rule) * times if times else ZERO)


def _points(rules: AssessmentRules, effect: AssessmentRule | AssessmentStep) -> Decimal:
    return effect.points if effect.points is not None else rules.base * (effect.percent or ZERO) / HUNDRED


def _farthest(steps: Sequence[AssessmentStep], value: Decimal) -> AssessmentStep | None:
    """The farthest of the steps that a value reaches, up or down; where both ways are reached, upwards."""
    reached = [step for step in steps if step.reached_by(value)]
    up = [step for step in reached if step.at_least is not None]
    if up:
        return max(up, key=lambda step: step.at_least or ZERO)
    return min(reached, key=lambda step: step.at_most or ZERO, default=None)


def _times(rule: AssessmentRule, value: Decimal) -> Decimal:
    beyond = rule.below - value if rule.below is not None else value - (rule.above or ZERO)
    if beyond <= 0:
        return ZERO
    times = ONE if rule.each is None else whole_steps(beyond, rule.each)
    return times if rule.most is None else min(times, rule.most)


def reasons_of(assessed: Assessment) -> list[dict[str, Any]]:
    """Every rule with the measure it looked at (base, figure, value, facts) and its effect, as they are kept."""
    return [
        {
            "rule": applied.rule.code,
            "name": dict(applied.rule.names),
            "measure": applied.rule.measure,
            "rank": applied.rule.rank,
            "times": format(applied.times.normalize(), "f"),
            "points": format(applied.effect.normalize(), "f"),
        }
        | applied.measure.as_data()
        for applied in assessed.applied
    ]
