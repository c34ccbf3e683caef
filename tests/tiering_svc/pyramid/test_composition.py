"""T14: shares against targets, and what distinguishes key accounts."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiering_svc.pyramid.domain.composition import (
    TierFigures,
    against_targets,
    distinguishing_features,
    read_targets,
)
from services.tiering_svc.pyramid.domain.defaults import DEFAULT_REVENUE_TARGETS
from shared.errors import DomainError


def test_T14_each_tier_has_its_share_its_target_and_what_is_missing():
    tiers = [TierFigures("gold", 2, Decimal(600)), TierFigures("iron", 8, Decimal(400))]
    gold, iron, lead = against_targets(tiers, {"gold": Decimal(70), "lead": Decimal(30)})
    assert (gold.share, gold.gap, gold.missing) == (60, -10, 100)
    assert (iron.share, iron.target, iron.gap, iron.missing) == (40, None, None, None)
    assert (lead.customers, lead.share, lead.gap, lead.missing) == (0, 0, -30, 300)


def test_T14_without_revenue_no_share_is_known():
    [gold, *_] = against_targets([TierFigures("gold", 2, Decimal(0))], {"gold": Decimal(100)})
    assert (gold.share, gold.gap, gold.missing) == (None, None, 0)


@pytest.mark.parametrize(
    ("targets", "code", "pointer"),
    [
        ([{"tier": "a", "percent": "60"}, {"tier": "b", "percent": "39"}], "targets_do_not_add_up", "/targets"),
        ([{"tier": "a", "percent": "60"}, {"tier": "a", "percent": "40"}], "duplicate_tier", "/targets/1/tier"),
        ([{"tier": "a", "percent": "-1"}, {"tier": "b", "percent": "101"}], "out_of_range", "/targets/0/percent"),
    ],
)
def test_T14_bad_targets_are_refused_where_they_are_bad(targets, code, pointer):
    with pytest.raises(DomainError) as refused:
        read_targets({"targets": targets})
    assert (refused.value.code, refused.value.pointer) == (code, pointer)
    assert sum(read_targets(DEFAULT_REVENUE_TARGETS).values()) == 100


def test_T14_lift_compares_key_accounts_with_everybody_else():
    wine, bread = ("category", "wine"), ("category", "bread")
    features = {UUID(int=n): {bread} for n in range(1, 41)}
    for n in (1, 2, 3, 30, 31):
        features[UUID(int=n)] = {bread, wine}
    first, second = distinguishing_features(features, {UUID(int=n) for n in range(1, 5)}, Decimal("0.5"))
    assert (first.value, first.among, first.elsewhere, first.support) == ("wine", 3, 2, Decimal("0.75"))
    assert first.lift == Decimal(3 * 36) / Decimal(4 * 2)
    assert first.interval[0] < first.lift < first.interval[1]
    assert first.interval[0] > 1  # more than chance
    assert (second.value, second.lift) == ("bread", 1)


def test_T14_a_feature_that_nobody_else_has_comes_first_and_rare_ones_do_not_count():
    features = {UUID(int=1): {("region", "north")}, UUID(int=2): {("region", "south")}, UUID(int=3): set()}
    group = {UUID(int=1), UUID(int=2)}
    assert distinguishing_features(features, group, Decimal("0.6")) == []
    distinguishing = distinguishing_features(features, group, Decimal("0.5"))
    assert [(feature.value, feature.lift, feature.interval) for feature in distinguishing] == [
        ("north", None, None),
        ("south", None, None),
    ]
    assert distinguishing_features(features, set(features), Decimal(0)) == []


CUSTOMERS = st.lists(st.sets(st.tuples(st.just("c"), st.sampled_from("abcd"))), min_size=2, max_size=25)


@given(CUSTOMERS, st.integers(1, 24))
def test_T14_lift_equals_counting_by_hand(sets, cut):
    cut = min(cut, len(sets) - 1)
    features = {UUID(int=n): have for n, have in enumerate(sets)}
    for feature in distinguishing_features(features, {UUID(int=n) for n in range(cut)}, Decimal(0)):
        among = sum((feature.kind, feature.value) in have for have in sets[:cut])
        elsewhere = sum((feature.kind, feature.value) in have for have in sets[cut:])
        assert (feature.among, feature.elsewhere) == (among, elsewhere)
        if elsewhere:
            assert abs(float(feature.lift) - (among / cut) / (elsewhere / (len(sets) - cut))) < 1e-3
        else:
            assert feature.lift is None
