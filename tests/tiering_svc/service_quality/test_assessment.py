"""T15: managers and centres are assessed by rules that are data."""

import copy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.tiering_svc.service_quality.domain.assessment import assess, reasons_of
from services.tiering_svc.service_quality.domain.assessment_rules import MEASURES, BaseMonth, read_rules
from services.tiering_svc.service_quality.domain.defaults import DEFAULT_ASSESSMENT_RULES
from services.tiering_svc.service_quality.domain.measures import DueSubmission, Measure, MonthsRevenue, change_of
from services.tiering_svc.service_quality.texts import describe_assessment
from shared.errors import DomainError

QUIET = {measure: Decimal(0) for measure in MEASURES} | {"satisfaction": None}


def measured(values):
    return {name: Measure(None if value is None else Decimal(value)) for name, value in values.items()}


def score_of(**measures):
    return assess(read_rules(DEFAULT_ASSESSMENT_RULES), {"E-1": measured(QUIET | measures)})["E-1"].score


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
        ({"top_list_change": "0.0999"}, "100"),
        ({"top_list_change": "0.10"}, "105"),
        ({"top_list_change": "-0.10"}, "90"),
        ({"top_list_change": "-0.1999"}, "90"),
        ({"top_list_change": "-0.20"}, "60"),  # the farthest step alone
        ({"top_list_change": "-0.9"}, "60"),
        ({"late_submission_hours": "7", "late_submissions": "2"}, "93"),
        ({"wrong_submissions": "2"}, "90"),
        ({"equipment_not_recorded": "1", "equipment_wrong": "3"}, "92"),
        ({"wrong_files": "4"}, "92"),
    ],
)
def test_T15_each_shipped_rule_takes_what_it_says(measures, score):
    assert score_of(**measures) == Decimal(score)


def test_T15_best_and_worst_satisfaction_stand_out_from_those_assessed_together():
    values = {"a": Decimal("1.5"), "b": Decimal("0.2"), "c": Decimal("-0.5"), "d": None}
    rules = read_rules(DEFAULT_ASSESSMENT_RULES)
    assessments = assess(
        rules, {manager: measured(QUIET | {"satisfaction": value}) for manager, value in values.items()}
    )
    assert {manager: assessment.score for manager, assessment in assessments.items()} == {
        "a": 105,
        "b": 100,
        "c": 80,
        "d": 100,
    }
    alike = assess(rules, {manager: measured(QUIET | {"satisfaction": Decimal(1)}) for manager in "ab"})
    assert {assessment.score for assessment in alike.values()} == {Decimal(100)}


def test_T15_what_is_not_known_strikes_nothing_and_is_said():
    assessment = assess(read_rules(DEFAULT_ASSESSMENT_RULES), {"a": measured(dict.fromkeys(QUIET))})["a"]
    assert assessment.score == 100
    reasons = reasons_of(assessment)
    assert all(reason["value"] is None and reason["points"] == "0" for reason in reasons)
    words = describe_assessment("100", reasons)
    assert "Not known: Change of revenue" in words["en"]
    assert "未知：收入相对基线的变化" in words["zh"]


def test_T15_revenue_without_a_base_is_not_known():
    base = date(2025, 3, 1)

    def change(*customers, month=base):
        of_customers = [MonthsRevenue(UUID(int=n), Decimal(a), Decimal(b)) for n, (a, b) in enumerate(customers)]
        return change_of(of_customers, month)

    fell = change((80, 50), (0, 50))
    assert (fell.value, fell.figure, fell.base, fell.base_month) == (Decimal("-0.2"), 80, 100, base)
    assert [fact["base"] for fact in fell.facts] == ["50", "50"]
    assert [change(), change((80, 0)), change((80, 100), month=None)] == [
        Measure(None, Decimal(0), Decimal(0), base), change((80, 0)), change((80, 100), month=None)
    ]  # fmt: skip
    assert {change((80, 0)).value, change((80, 100), month=None).value} == {None}


@pytest.mark.parametrize(
    ("base", "month", "expected"),
    [
        (BaseMonth(years_back=1), date(2026, 3, 1), date(2025, 3, 1)),
        (BaseMonth(year=2019), date(2026, 3, 1), date(2019, 3, 1)),
        (BaseMonth(month=date(2025, 12, 1)), date(2026, 3, 1), date(2025, 12, 1)),
        (BaseMonth(year=2026), date(2026, 3, 1), None),  # not against itself
        (BaseMonth(month=date(2026, 5, 1)), date(2026, 3, 1), None),
    ],
)
def test_T15_the_base_month_is_named_and_lies_before(base, month, expected):
    assert base.of(month) == expected


def test_T15_a_submission_is_late_by_every_hour_begun():
    due, ends = datetime(2026, 3, 10, 12, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)

    def late(minutes):
        received = None if minutes is None else due + timedelta(minutes=minutes)
        return DueSubmission(UUID(int=1), "report", due, received, False).hours_late(ends)

    assert [late(minutes) for minutes in (-5, 0, 1, 60, 61)] == [0, 0, 1, 1, 2]
    assert late(None) == late(100_000) == 21 * 24 + 12  # what has not come by the month's end is late until then


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
        (changed(0, most="3"), "no_most", "/rules/0/most"),
        (changed(2, most="0"), "no_most", "/rules/2/most"),
        (changed(8, below="0"), "one_condition", "/rules/8"),
        (changed(8, points="1"), "points_or_percent", "/rules/8"),
        (
            changed(8, steps=[{"at_least": "1", "percent": "1"}, {"percent": "1"}]),
            "at_least_or_at_most",
            "/rules/8/steps/1",
        ),
        (changed(8, steps=[{"at_least": "1"}]), "points_or_percent", "/rules/8/steps/0"),
        (DEFAULT_ASSESSMENT_RULES | {"least": "101"}, "least_above_base", "/least"),
        (DEFAULT_ASSESSMENT_RULES | {"top_list": None}, "no_top_list", "/rules/8/measure"),
        (DEFAULT_ASSESSMENT_RULES | {"revenue_base": {}}, "one_base", "/revenue_base"),
        (DEFAULT_ASSESSMENT_RULES | {"revenue_base": {"year": 2025, "years_back": 1}}, "one_base", "/revenue_base"),
        (
            DEFAULT_ASSESSMENT_RULES | {"top_list": {"name": {}, "base": {"years_back": 1}}},
            "largest_or_members",
            "/top_list",
        ),
    ],
)
def test_T15_bad_rules_are_refused_where_they_are_bad(document, code, pointer):
    with pytest.raises(DomainError) as refused:
        read_rules(document)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)
