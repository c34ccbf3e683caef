"""Bands of one indicator of any class (T2), also where less is better; what is missing, or too much (T9)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.tiers.domain.explanation import reasons_of
from services.tiering_svc.tiers.texts import write_explanation
from shared.errors import DomainError
from tests.tiering_svc.policy_documents import known
from tests.tiering_svc.shorthand import UTC, at, bands_document, level, policy_of

RECENT = {
    "kind": "single_indicator", "levels": [level("asleep"), level("cooling"), level("active")],
    "indicator": "days_since_last_order", "better": "less", "window": {"months": 24},
    "bands": [{"tier": "cooling", "up_to": "90"}, {"tier": "active", "up_to": "30"}],
}  # fmt: skip


@given(st.integers(0, 200))
def test_T2_less_is_better_where_the_policy_says_so(days):
    snapshot = known("10", last_order_at=at(31) - timedelta(days=days))
    assert policy_of(RECENT).assess(snapshot).rank == (days <= 90) + (days <= 30)


def test_T2_too_much_is_what_is_missing_where_less_is_better():
    reasons = reasons_of(policy_of(RECENT), known("10", last_order_at=at(31) - timedelta(days=40)), date(2026, 3, 1), 1,
                         trigger="review")  # fmt: skip
    assert (reasons["band"], reasons["next"]["up_to"], reasons["next"]["missing"]) == (
        {"up_to": "90", "to": "30"}, "30", "10"
    )  # fmt: skip
    words = write_explanation("upgrade", reasons, at(1), "en", zone=UTC, currency="USD")
    assert "Cooling goes up to 90 days; less is better. For Active, it is 10 days too much." in words
    assert "距active级尚多10天。" in write_explanation("upgrade", reasons, at(1), "zh", zone=UTC, currency="USD")


@pytest.mark.parametrize("code", sorted(code for code, indicator in INDICATORS.items() if indicator.unit != "code"))
def test_T2_every_numeric_indicator_of_the_four_classes_can_be_put_into_bands(code):
    policy = policy_of(bands_document(("gold", "5")) | {"indicator": code})
    grading = policy.assess(known())  # of nobody anything is known
    reasons = reasons_of(policy, known(), date(2026, 3, 1), grading.rank, trigger="review")
    assert grading.rank == 0
    assert write_explanation("first", reasons, at(1), "en", zone=UTC, currency="USD")
    assert (INDICATORS[code].of_figures is None) == (INDICATORS[code].group in policy.classes)


def test_T2_the_policy_says_where_the_unknown_goes():
    document = bands_document(("gold", "5"), ("platinum", "50")) | {"indicator": "margin", "unknown": {"tier": "gold"}}
    policy = policy_of(document)
    assert [policy.assess(snapshot).rank for snapshot in (known("9"), known("9", "1"), known("9", "50"))] == [1, 0, 2]
    reasons = reasons_of(policy, known("9"), date(2026, 3, 1), 1, trigger="review")
    assert (reasons["value"], reasons["unknown_gives"], reasons["next"]["missing"]) == (None, "gold", None)


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (RECENT | {"bands": [{"tier": "cooling", "up_to": "30"}, {"tier": "active", "up_to": "90"}]},
         "bands_not_ordered", "/document/bands/1/up_to"),
        (RECENT | {"bands": [{"tier": "cooling", "up_to": "30"}, {"tier": "active", "up_to": "30"}]},
         "bands_overlap", "/document/bands/1/up_to"),
        (RECENT | {"bands": [{"tier": "cooling", "from": "30"}]}, "missing", "/document/bands/0/up_to"),
        (RECENT | {"bands": [{"tier": "cooling", "up_to": "30", "to": "9"}]}, "not_of_this_kind",
         "/document/bands/0/to"),
        (RECENT | {"indicator": "industry"}, "not_a_numeric_indicator", "/document/indicator"),
        (RECENT | {"unknown": {"tier": "tin"}}, "unknown_tier", "/document/unknown/tier"),
        (bands_document(("gold", "5")) | {"abc": {"by": "customers", "shares": []}}, "not_of_this_kind",
         "/document/abc"),
    ],
)  # fmt: skip
def test_T2_wrong_bands_are_refused_at_the_field(document, code, pointer):
    with pytest.raises(DomainError) as refused:
        policy_of(document)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)
