"""Conditions in CEL (T9): what is refused at saving, how they limit a tier, and what happens to the not known."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiering_svc.tiers.domain.explanation import reasons_of
from services.tiering_svc.tiers.texts import write_explanation
from shared.errors import DomainError
from tests.tiering_svc.policy_documents import condition, known
from tests.tiering_svc.shorthand import UTC, at, bands_document, policy_of

BANDS = bands_document(("gold", "500"), ("platinum", "1000"))


def with_conditions(*conditions: dict) -> dict:
    return BANDS | {"conditions": list(conditions)}


@given(st.integers(0, 1500), st.none() | st.integers(-100, 1500))
def test_T9_a_thin_margin_holds_a_tier_down(amount, margin):
    policy = policy_of(with_conditions(condition("margin_rate < 0.05", at_most="gold")))
    grading = policy.assess(known(str(amount), None if margin is None else str(margin)))
    graded = (amount >= 500) + (amount >= 1000)
    thin = margin is not None and amount > 0 and round(margin / amount, 4) < 0.05
    assert (grading.graded, grading.rank) == (graded, min(graded, 1) if thin else graded)


def test_T9_codes_of_the_profile_can_be_asked_for():
    policy = policy_of(with_conditions(condition("region in ['east', '东部'] && orders >= 1.0", at_least="gold")))
    ranks = [policy.assess(known("10", region=region)).rank for region in ("east", "东部", "west", None)]
    assert ranks == [1, 1, 0, 0]


def test_T9_a_limit_wins_over_a_favour_whichever_comes_first():
    both = [condition("amount > 0.0", at_least="platinum"), condition("amount > 0.0", at_most="gold")]
    assert policy_of(with_conditions(*both)).assess(known("1")).rank == 1
    assert policy_of(with_conditions(*reversed(both))).assess(known("1")).rank == 1


def test_T9_the_policy_says_whether_the_not_known_counts_as_met():
    for unknown, rank in (("not_met", 2), ("met", 0)):
        policy = policy_of(with_conditions(condition("margin_rate < 0.05", at_most="silver", unknown=unknown)))
        assert policy.assess(known("2000")).rank == rank


def test_T9_what_decides_anyway_does_not_wait_for_the_not_known():
    policy = policy_of(with_conditions(condition("amount > 100.0 || margin > 5.0", at_most="silver")))
    assert policy.assess(known("2000")).verdicts[0].met is True
    assert policy.assess(known("50")).verdicts[0].met is None


def test_T9_a_condition_that_struck_is_explained_in_both_languages():
    policy = policy_of(with_conditions(condition("margin_rate < 0.05", at_most="gold")))
    snapshot = known("2000", "20")
    reasons = reasons_of(policy, snapshot, date(2026, 3, 1), 1, trigger="review")
    [struck] = reasons["conditions"]
    assert (struck["met"], struck["at_most"], struck["values"]) == (True, "gold", {"margin_rate": "0.01"})
    assert (reasons["before_conditions"], reasons["next"]["held_by"]) == ("platinum", [{"en": "Rule", "zh": "规则"}])
    words = write_explanation("upgrade", reasons, at(1), "en", zone=UTC, currency="USD")
    assert "Condition “Rule” is met: at most Gold." in words
    assert "As long as “Rule” is met, Platinum cannot be reached." in words
    assert "条件“规则”成立：最高为gold级。" in write_explanation(
        "upgrade", reasons, at(1), "zh", zone=UTC, currency="USD"
    )


def test_T9_one_more_order_may_lower_what_a_condition_looks_at():
    assert policy_of(BANDS).monotone
    assert not policy_of(with_conditions(condition("amount > 5.0", at_most="gold"))).monotone


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("margin_rate <", "cel_cannot_compile"),
        ("", "cel_cannot_compile"),
        ("(" * 300, "cel_cannot_compile"),
        ("mood > 1.0", "unknown_indicator"),
        ("amount + 1 > 5.0", "cel_fails"),  # a whole number beside a double
        ("amount", "cel_fails"),  # neither true nor false
        ("region > 1.0", "cel_fails"),
        ("amount > 1.0 || region", "cel_fails"),
        ("1 > 0", "cel_names_no_indicator"),
        ("amount / orders > 5.0", "cel_function_not_allowed"),
        ("region.matches('(a+)+$')", "cel_function_not_allowed"),
        ("[1.0, 2.0].exists(orders, orders > amount)", "cel_function_not_allowed"),
        ("timestamp('2026-01-01T00:00:00Z') > timestamp('x') && amount > 1.0", "cel_function_not_allowed"),
        ("amount > 1.0" + " " * 500, "too_long"),
    ],
)
def test_T9_a_wrong_expression_is_refused_at_the_field(when, code):
    with pytest.raises(DomainError) as refused:
        policy_of(with_conditions(condition("orders > 1.0", at_most="gold"), condition(when, at_most="gold")))
    assert (refused.value.code, refused.value.pointer) == (code, "/document/conditions/1/when")


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        (condition("orders > 1.0"), "missing", "at_most"),
        (condition("orders > 1.0", at_most="gold", at_least="silver"), "one_of_two", "at_least"),
        (condition("orders > 1.0", at_most="tin"), "unknown_tier", "at_most"),
    ],
)
def test_T9_a_condition_says_one_level_it_knows(wrong, code, field):
    with pytest.raises(DomainError) as refused:
        policy_of(with_conditions(wrong))
    assert (refused.value.code, refused.value.pointer) == (code, f"/document/conditions/0/{field}")


@given(st.text(max_size=80))
def test_T9_any_text_is_an_expression_or_is_refused(text):
    pointer = None
    try:
        rank = policy_of(with_conditions(condition(text, at_most="gold"))).assess(known("600")).rank
    except DomainError as refused:
        pointer, rank = refused.pointer, 0
    assert pointer in (None, "/document/conditions/0/when")
    assert rank in (0, 1)
