"""Policies of a population (T5, T7): cut-offs against ranks counted by pandas; one customer is re-graded by them."""

from datetime import date
from decimal import Decimal
from math import ceil
from uuid import UUID

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiering_svc.policies.domain.abc import cutoffs, cutoffs_as_data, cutoffs_from_data
from services.tiering_svc.policies.domain.defaults import DEFAULT_POLICIES
from services.tiering_svc.tiers.domain.explanation import reasons_of
from services.tiering_svc.tiers.texts import write_explanation
from shared.errors import DomainError
from tests.tiering_svc.policy_documents import COLLECTION, LEVELS, card, item, known, population
from tests.tiering_svc.shorthand import UTC, at, policy_of

RUN = UUID(int=3)


def graded_by(policy, values):
    return policy.with_cutoffs(cutoffs(policy, values), RUN)


def test_T7_one_four_fifteen_eighty_percent_of_the_customers():
    policy = graded_by(policy_of(population()), [Decimal(number) for number in range(1, 1001)])
    ranks = pd.Series([policy.rank_of(Decimal(number)) for number in range(1, 1001)]).value_counts().to_dict()
    assert ranks == {3: 10, 2: 40, 1: 150, 0: 800}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=80), st.booleans())
def test_T7_each_level_holds_its_share_and_equals_share_the_better_one(values, less):
    """The rank of the first among equals decides: within the first 1, 5, 20 percent, rounded up."""
    policy = graded_by(
        policy_of(population(better="less" if less else "more", indicator="days_since_last_order")),
        [Decimal(value) for value in values],
    )
    positions = pd.Series(values).rank(method="min", ascending=less)
    limits = [ceil(len(values) * percent / 100) for percent in (1, 5, 20)]
    for value, position in zip(values, positions, strict=True):
        assert policy.rank_of(Decimal(value)) == sum(position <= limit for limit in limits)
    assert cutoffs_from_data(policy, cutoffs_as_data(policy)) == policy.bands


def test_T7_a_pyramid_of_scores_grades_one_customer_between_reviews():
    policy = policy_of(population("pyramid", "10", "20", "30", "40", scorecard=card(item(), COLLECTION)))
    everybody = [known("1000", str(number * 10), days="52.5") for number in range(1, 101)]  # 0.2 to 20 points, and 10
    policy = graded_by(policy, [policy.measure(customer) for customer in everybody])
    ranks = pd.Series([policy.assess(customer).rank for customer in everybody]).value_counts().to_dict()
    assert ranks == {3: 10, 2: 20, 1: 30, 0: 40}
    reasons = reasons_of(policy, everybody[79], date(2026, 3, 1), 2, trigger="review", run_id=RUN)
    assert (reasons["value"], reasons["band"], reasons["cutoffs_of"]) == (
        "26",
        {"from": "24.2", "to": "28.2"},
        str(RUN),
    )
    assert reasons["next"]["items"][0]["alone"] == {"at_least": "910"}
    words = write_explanation("upgrade", reasons, at(1), "en", zone=UTC, currency="USD")
    assert "For Platinum, 2.20 points is missing." in words
    assert "cut-offs of the last review, by share of customers whose value is known" in words


def test_T7_before_a_review_has_computed_cut_offs_nobody_is_above_the_lowest():
    policy = policy_of(population())
    reasons = reasons_of(policy, known("99999"), date(2026, 3, 1), 0, trigger="order")
    assert policy.assess(known("99999")).rank == 0
    assert not policy.ready()
    assert "No review has computed the cut-offs yet" in write_explanation(
        "first", reasons, at(1), "en", zone=UTC, currency="USD"
    )


def test_T7_two_pyramids_of_four_levels_are_shipped():
    names = [
        [level.code for level in policy.levels]
        for policy in (policy_of(s.document) for s in DEFAULT_POLICIES if s.document["kind"] == "pyramid")
    ]
    assert names == [["small", "ordinary", "major", "vip"], ["lead", "iron", "gold", "platinum"]]


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (population(by="revenue", indicator="margin_rate"), "cannot_be_added_up", "/document/pyramid/by"),
        (population(by="revenue", scorecard=card(item())), "cannot_be_added_up", "/document/pyramid/by"),
        (population(by="revenue", better="less"), "cannot_be_added_up", "/document/pyramid/by"),
        (population("pyramid", "1", "4", "15", "81"), "shares_do_not_add_up", "/document/pyramid/shares"),
        (population(levels=LEVELS[:3]), "unknown_tier", "/document/pyramid/shares/0/tier"),
        (population(levels=[*LEVELS, {"code": "x", "name": {"en": "x", "zh": "x"}}]), "not_four_levels",
         "/document/pyramid/shares"),
        (population(indicator="amount", scorecard=card(item())), "one_of_two", "/document/scorecard"),
        (population(bands=[]), "not_of_this_kind", "/document/bands"),
    ],
)  # fmt: skip
def test_T7_a_wrong_pyramid_is_refused_at_the_field(document, code, pointer):
    with pytest.raises(DomainError) as refused:
        policy_of(document)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)
