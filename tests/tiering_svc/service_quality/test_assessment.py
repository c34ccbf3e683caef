"""T15: managers and centres are assessed by rules that are data."""

import copy
from decimal import Decimal

import pytest

from services.tiering_svc.service_quality.domain.assessment import (
    assess,
    read_rules,
    reasons_of,
    revenue_change,
)
from services.tiering_svc.service_quality.domain.defaults import DEFAULT_ASSESSMENT_RULES
from services.tiering_svc.service_quality.texts import describe_assessment
from shared.errors import DomainError

QUIET = {
    "revenue_change": Decimal(0), "lost_customers": Decimal(0), "uncovered_customers": Decimal(0),
    "late_complaints": Decimal(0), "incomplete_files": Decimal(0), "satisfaction": None,
}  # fmt: skip


def score_of(**measures):
    values = QUIET | {name: None if value is None else Decimal(value) for name, value in measures.items()}
    return assess(read_rules(DEFAULT_ASSESSMENT_RULES), {"E-1": values})["E-1"].score


@pytest.mark.parametrize(
    ("measures", "score"),
    [
        ({}, "100"),
        ({"revenue_change": "-0.15"}, "100"),  # more than 15 %, not 15 %
        ({"revenue_change": "-0.16"}, "90"),
        ({"revenue_change": "-0.20"}, "90"),
        ({"revenue_change": "-0.25"}, "89"),  # 10, and five points beyond 20 % at 0.2
        ({"revenue_change": "-0.2599"}, "89"),  # whole points only
        ({"revenue_change": "0.30"}, "100"),
        ({"lost_customers": "2"}, "60"),
        ({"uncovered_customers": "3"}, "94"),
        ({"late_complaints": "1"}, "90"),
        ({"incomplete_files": "4"}, "92"),
        ({"lost_customers": "1", "late_complaints": "2", "incomplete_files": "1"}, "58"),
        ({"lost_customers": "9"}, "0"),  # never below the least
    ],
)
def test_T15_each_shipped_rule_takes_what_it_says(measures, score):
    assert score_of(**measures) == Decimal(score)


def test_T15_best_and_worst_satisfaction_stand_out_from_those_assessed_together():
    values = {"a": Decimal("1.5"), "b": Decimal("0.2"), "c": Decimal("-0.5"), "d": None}
    rules = read_rules(DEFAULT_ASSESSMENT_RULES)
    assessments = assess(rules, {manager: QUIET | {"satisfaction": value} for manager, value in values.items()})
    assert {manager: assessment.score for manager, assessment in assessments.items()} == {
        "a": 105,
        "b": 100,
        "c": 80,
        "d": 100,
    }
    alike = assess(rules, {manager: QUIET | {"satisfaction": Decimal(1)} for manager in "ab"})
    assert {assessment.score for assessment in alike.values()} == {Decimal(100)}


def test_T15_what_is_not_known_strikes_nothing_and_is_said():
    assessment = assess(read_rules(DEFAULT_ASSESSMENT_RULES), {"a": dict.fromkeys(QUIET)})["a"]
    assert assessment.score == 100
    reasons = reasons_of(assessment)
    assert all(reason["value"] is None and reason["points"] == "0" for reason in reasons)
    words = describe_assessment("100", reasons)
    assert "Not known: Change of revenue" in words["en"]
    assert "未知：收入相对基线的变化" in words["zh"]


def test_T15_revenue_without_a_baseline_is_not_known():
    assert revenue_change(Decimal(80), Decimal(100)) == Decimal("-0.2")
    assert revenue_change(Decimal(80), Decimal(0)) is None
    assert revenue_change(Decimal(80), None) is None


def changed(where, **fields):
    document = copy.deepcopy(DEFAULT_ASSESSMENT_RULES)
    rule = document["rules"][where]
    for name, value in fields.items():
        if value is None:
            rule.pop(name)
        else:
            rule[name] = value
    return document


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (changed(0, measure="luck"), "unknown_measure", "/rules/0/measure"),
        (changed(0, above="1"), "one_condition", "/rules/0"),
        (changed(0, below=None), "one_condition", "/rules/0"),
        (changed(0, percent="1"), "points_or_percent", "/rules/0"),
        (changed(1, each="0"), "no_step", "/rules/1/each"),
        (changed(6, each="1"), "no_step", "/rules/6/each"),
        (changed(6, measure="late_complaints"), "not_ranked", "/rules/6/rank"),
        (changed(1, code="revenue_down"), "duplicate_code", "/rules/1/code"),
        (changed(0, points="ten"), "not_a_number", "/rules/0/points"),
        (DEFAULT_ASSESSMENT_RULES | {"least": "101"}, "least_above_base", "/least"),
    ],
)
def test_T15_bad_rules_are_refused_where_they_are_bad(document, code, pointer):
    with pytest.raises(DomainError) as refused:
        read_rules(document)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)
