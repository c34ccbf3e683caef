"""Policies as data (T9): what is refused at saving and where, and how T2, T5 and T6 grade."""

from datetime import UTC, date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.policies.domain.abc import cutoffs, cutoffs_as_data, cutoffs_from_data
from services.tiering_svc.policies.domain.defaults import DEFAULT_POLICIES
from shared.errors import DomainError
from tests.tiering_svc.shorthand import at, bands_document, level, order, policy_of

MARCH = date(2026, 3, 1)


def figures_of(*amounts: str) -> Figures:
    figures = Figures()
    for number, amount in enumerate(amounts, 1):
        figures.add(order(number, at(number), amount))
    return figures


def abc(by: str = "customers", *percents: str) -> dict:
    shares = [{"tier": tier, "percent": percent} for tier, percent in zip("abc", percents, strict=True)]
    return {
        "kind": "abc", "levels": [level("c"), level("b"), level("a")], "indicator": "amount",
        "window": {"months": 12}, "abc": {"by": by, "shares": shares},
    }  # fmt: skip


def stars(months: int = 6, *over: str) -> dict:
    levels = [level("none"), level("star3"), level("star4"), level("star5")]
    thresholds = [
        {"tier": step["code"], "over": o} for step, o in zip(levels[1:], over or ("300", "500", "800"), strict=True)
    ]
    return {"kind": "star", "levels": levels, "star": {"months": months, "thresholds": thresholds}}


def test_T2_a_band_holds_from_its_beginning_on():
    policy = policy_of(bands_document(("gold", "550"), ("platinum", "1000")))
    for amount, rank in [("549.9999", 0), ("550", 1), ("999.99", 1), ("1000", 2)]:
        assert policy.grade(figures_of(amount), MARCH) == rank


def test_T2_the_unknown_is_the_lowest_level_even_where_bands_begin_below_zero():
    document = bands_document(("gold", "-5")) | {"indicator": "margin"}
    assert policy_of(document).grade(figures_of("10"), MARCH) == 0  # no cost was given: the margin is not known


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (bands_document(("gold", "550"), ("platinum", "500")), "bands_not_ordered", "/document/bands/1/from"),
        (bands_document(("gold", "550"), ("platinum", "550")), "bands_overlap", "/document/bands/1/from"),
        (bands_document(("gold", "1")) | {"indicator": "mood"}, "unknown_indicator", "/document/indicator"),
        (
            bands_document(("gold", "1")) | {"bands": [{"tier": "tin", "from": "1"}]},
            "unknown_tier",
            "/document/bands/0/tier",
        ),
        (
            bands_document(("gold", "1"), ("top", "9"))
            | {"bands": [{"tier": "gold", "from": "1", "to": "10"}, {"tier": "top", "from": "9"}]},
            "bands_overlap",
            "/document/bands/0/to",
        ),
        (
            bands_document(("gold", "1"), ("top", "9"))
            | {"bands": [{"tier": "gold", "from": "1", "to": "8"}, {"tier": "top", "from": "9"}]},
            "bands_leave_a_gap",
            "/document/bands/0/to",
        ),
        (
            bands_document(("gold", "1"), ("top", "9"))
            | {"bands": [{"tier": "top", "from": "1"}, {"tier": "gold", "from": "9"}]},
            "bands_not_ordered",
            "/document/bands/1/tier",
        ),
        (bands_document(), "too_few_levels", "/document/levels"),
        (bands_document(("silver", "1")), "duplicate_level", "/document/levels/1/code"),
        (bands_document(("gold", "NaN")), "not_a_number", "/document/bands/0/from"),
        (bands_document(("gold", "1"), months=0), "window_out_of_range", "/document/window/months"),
        (bands_document(("gold", "1"), grace_months=-1), "out_of_range", "/document/life/grace_months"),
        (abc("customers", "10", "20", "69"), "shares_do_not_add_up", "/document/abc/shares"),
        (abc("customers", "0", "20", "80"), "share_not_positive", "/document/abc/shares/0/percent"),
        (stars(0), "no_months", "/document/star/months"),
        (stars(6, "300", "800", "500"), "bands_not_ordered", "/document/star/thresholds/2/over"),
    ],
)
def test_T9_a_wrong_policy_is_refused_at_saving_with_the_field(document, code, pointer):
    with pytest.raises(DomainError) as refused:
        policy_of(document)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


def test_T5_the_first_tenth_of_the_customers_is_class_a():
    policy = policy_of(abc("customers", "10", "20", "70"))
    values = [Decimal(number) for number in range(1, 101)]
    graded = policy.with_cutoffs(cutoffs(policy, values), UUID(int=1))
    ranks = [graded.rank_of(value) for value in values]
    assert (ranks.count(2), ranks.count(1), ranks.count(0)) == (10, 20, 70)
    assert graded.rank_of(None) == 0


def test_T5_by_revenue_class_a_are_those_who_together_bring_eighty_percent():
    policy = policy_of(abc("revenue", "80", "15", "5"))
    values = [Decimal(v) for v in (500, 250, 100, 60, 40, 30, 20)]  # 1000 together
    graded = policy.with_cutoffs(cutoffs(policy, values), UUID(int=1))
    assert [graded.rank_of(value) for value in values] == [2, 2, 2, 1, 1, 0, 0]


def test_T5_equal_values_share_the_better_class():
    policy = policy_of(abc("customers", "10", "20", "70"))
    graded = policy.with_cutoffs(cutoffs(policy, [Decimal(7)] * 30), UUID(int=1))
    assert graded.rank_of(Decimal(7)) == 2


def test_T5_before_the_first_review_nobody_is_above_the_lowest_class():
    assert policy_of(abc("customers", "10", "20", "70")).grade(figures_of("9999"), MARCH) == 0


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=60), st.sampled_from(["customers", "revenue"]))
def test_T5_cutoffs_rise_with_the_class_and_survive_being_kept_as_data(values, by):
    policy = policy_of(abc(by, "10", "20", "70"))
    bands = cutoffs(policy, [Decimal(value) for value in values])
    assert [band.start for band in bands] == sorted({band.start for band in bands})
    assert [band.rank for band in bands] == sorted({band.rank for band in bands})
    assert max(policy.with_cutoffs(bands, UUID(int=1)).rank_of(Decimal(v)) for v in values) == 2
    assert cutoffs_from_data(policy, cutoffs_as_data(policy.with_cutoffs(bands, UUID(int=1)))) == bands


def monthly(*amounts: str) -> Figures:
    """One order in each month before March, the latest first."""
    figures = Figures()
    for back, amount in enumerate(amounts, 1):
        year, month = divmod(2026 * 12 + 2 - back, 12)
        figures.add(order(back, at(5, month + 1, year), amount))
    return figures


def test_T6_more_than_the_threshold_in_each_of_six_consecutive_full_months():
    policy = policy_of(stars())
    assert policy.grade(monthly(*["301"] * 6), MARCH) == 1
    assert policy.grade(monthly(*["501"] * 6), MARCH) == 2
    assert policy.grade(monthly(*["801"] * 6), MARCH) == 3
    assert policy.grade(monthly(*["300"] * 6), MARCH) == 0  # more than, not at least
    assert policy.grade(monthly("900", "900", "299", "900", "900", "900"), MARCH) == 0
    assert policy.grade(monthly(*["900"] * 5), MARCH) == 0


def test_T6_the_present_month_is_not_a_full_one():
    figures = monthly(*["900"] * 5)
    figures.add(order(99, at(1), "900"))
    assert policy_of(stars()).grade(figures, MARCH) == 0


def test_T9_the_shipped_policies_can_be_read():
    kinds = [policy_of(shipped.document).kind for shipped in DEFAULT_POLICIES]
    assert kinds[0] == "single_indicator"
    assert {"abc", "star"} <= set(kinds)


def test_months_are_those_of_the_business():
    from zoneinfo import ZoneInfo

    from services.tiering_svc.core.domain.calendar import add_months, month_of, start_of

    shanghai = ZoneInfo("Asia/Shanghai")
    last_evening = at(31, 3, hour=17)
    assert month_of(last_evening, UTC) == MARCH
    assert month_of(last_evening, shanghai) == date(2026, 4, 1)
    assert month_of(start_of(date(2026, 4, 1), shanghai), shanghai) == date(2026, 4, 1)
    assert add_months(at(31, 1), 1, UTC) == at(28, 2)
