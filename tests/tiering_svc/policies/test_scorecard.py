"""Scorecards (T3) against sums done in fractions; what alone would bring the next tier is tried out (T9)."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiering_svc.policies.domain.defaults import DEFAULT_POLICIES
from services.tiering_svc.tiers.domain.explanation import next_tier, reasons_of
from services.tiering_svc.tiers.texts import write_explanation
from shared.errors import DomainError
from tests.tiering_svc.policy_documents import COLLECTION, LEVELS, item, known, scorecard
from tests.tiering_svc.shorthand import UTC, at, policy_of

MARGIN_STEPS = [("0", "2"), ("100", "5"), ("300", "10"), ("600", "15"), ("1200", "20")]
BANDED = item(bands=[{"from": start, "points": points} for start, points in MARGIN_STEPS])
TWENTY_TWENTY = policy_of(next(s.document for s in DEFAULT_POLICIES if s.document["kind"] == "scorecard"))

MARCH = date(2026, 3, 1)


def points_by_hand(margin: int | None, days: int | None) -> Fraction:
    of_margin = 0 if margin is None or margin < 0 else [int(p) for s, p in MARGIN_STEPS if int(s) <= margin][-1]
    share = Fraction(1, 2) if days is None else min(max(Fraction(90 - days, 75), Fraction(0)), Fraction(1))
    return of_margin + 20 * share


@given(st.none() | st.integers(-200, 2000), st.none() | st.integers(0, 200))
def test_T3_margin_and_collection_bring_twenty_points_each(margin, days):
    grading = TWENTY_TWENTY.assess(
        known("10000", None if margin is None else str(margin), days=None if days is None else str(days))
    )
    by_hand = points_by_hand(margin, days)
    assert abs(Fraction(grading.value) - by_hand) <= Fraction(1, 20_000)  # points are kept to four places
    if abs(by_hand - round(by_hand)) > Fraction(1, 1000) or by_hand.denominator == 1:
        assert grading.graded == sum(by_hand >= limit for limit in (12, 22, 32))


def test_T3_shipped_scorecard_gives_its_whole_range():
    assert TWENTY_TWENTY.assess(known("9000", "1200", days="15")).value == 40
    assert TWENTY_TWENTY.assess(known("9000", "-5", days="90")).value == 0


def test_T3_percent_weights_share_one_score():
    whole = {"worst": "0", "best": "1000", "points": "100"}
    policy = policy_of(
        scorecard(
            item("amount", scale=whole, weight="70"), item("margin", scale=whole, weight="30"),
            weights="percent", bands=("20", "50", "80"),
        )
    )  # fmt: skip
    assert policy.assess(known("1000", "500")).value == 85
    assert [policy.assess(known(amount, "0")).rank for amount in ("200", "285.72", "715", "1000")] == [0, 1, 2, 2]


@pytest.mark.parametrize(
    ("unknown", "total", "treated"),
    [("lowest", "10", "lowest"), ("skip", "20", "skip"), ({"points": "5"}, "15", "points")],
)
def test_T3_the_policy_says_how_it_treats_what_is_not_known(unknown, total, treated):
    policy = policy_of(scorecard(item(), COLLECTION | {"unknown": unknown}))
    grading = policy.assess(known("900", "500"))
    assert grading.value == Decimal(total)
    reasons = reasons_of(policy, known("900", "500"), date(2026, 3, 1), grading.rank, trigger="review")
    assert reasons["score"]["items"][1]["unknown"] == treated
    assert reasons["score"]["items"][1]["value"] is None


def test_T3_a_scorecard_of_which_nothing_is_known_gives_the_lowest_level():
    policy = policy_of(scorecard(item(unknown="skip"), bands=("12",)))
    grading = policy.assess(known())
    assert (grading.value, grading.rank) == (None, 0)


steps = {  # days are never less than 0
    indicator: st.lists(st.tuples(starts, st.integers(0, 20)), min_size=1, max_size=5, unique_by=lambda s: s[0])
    for indicator, starts in (("margin", st.integers(-50, 50)), ("collection_period", st.integers(0, 50)))
}
scales = st.tuples(st.integers(-50, 50), st.integers(-50, 50), st.integers(1, 20)).filter(lambda s: s[0] != s[1])


@st.composite
def items(draw: Any) -> list[dict[str, Any]]:
    made = []
    for indicator in ("margin", "collection_period"):
        if draw(st.booleans()):
            parts: dict[str, Any] = {
                "bands": [
                    {"from": str(start), "points": str(points)} for start, points in sorted(draw(steps[indicator]))
                ]
            }
            parts["bands"][0]["points"] = "1"  # somebody can earn a point
        else:
            worst, best, points = draw(scales)
            parts = {"scale": {"worst": str(worst), "best": str(best), "points": str(points)}}
        unknown = draw(st.sampled_from(["lowest", "skip", {"points": "3"}]))
        made.append({"indicator": indicator, "weight": str(draw(st.integers(1, 3))), "unknown": unknown, **parts})
    return made


def by_hand(item: dict[str, Any], value: int | None) -> Fraction | None:
    if value is None:
        return (
            {"lowest": Fraction(0), "skip": None}.get(item["unknown"], Fraction(3))
            if isinstance(item["unknown"], str)
            else Fraction(3)
        )
    if "bands" in item:
        reached = [Fraction(band["points"]) for band in item["bands"] if int(band["from"]) <= value]
        return reached[-1] if reached else Fraction(0)
    worst, best, points = (int(item["scale"][field]) for field in ("worst", "best", "points"))
    return min(max(Fraction(value - worst, best - worst), Fraction(0)), Fraction(1)) * points


def most_of(item: dict[str, Any]) -> int:
    return max(int(b["points"]) for b in item["bands"]) if "bands" in item else int(item["scale"]["points"])


@given(items(), st.none() | st.integers(-60, 60), st.none() | st.integers(-60, 60))
def test_T3_any_scorecard_adds_up_as_fractions_do(parts, margin, days):
    policy = policy_of(scorecard(*parts, bands=("0.5",)))
    values = (margin, days)
    earned = [by_hand(item, value) for item, value in zip(parts, values, strict=True)]
    weights = [int(item["weight"]) for item in parts]
    most = [most_of(item) * weight for item, weight in zip(parts, weights, strict=True)]
    counted = [index for index, points in enumerate(earned) if points is not None]
    reachable = sum(most[index] for index in counted)
    margin_text, days_text = (None if value is None else str(value) for value in values)
    grading = policy.assess(known("1", margin_text, days=days_text))
    if not counted:
        assert grading.value is None
        return
    total = sum((earned[index] * weights[index] for index in counted), Fraction(0))
    if reachable:
        total = total * sum(most) / reachable
    assert abs(Fraction(grading.value) - total) <= Fraction(sum(weights) * 40, 10_000)


@given(items(), st.integers(-60, 60), st.integers(-60, 60), st.integers(1, 40))
def test_T9_what_alone_brings_the_next_tier_really_does(parts, margin, days, wanted):
    document = scorecard(*parts, bands=("0.5",))
    most = policy_of(document).scorecard.most
    document["bands"] = [{"tier": "gold", "from": str(min(Decimal(wanted), most))}]
    policy = policy_of(document)
    then = {"margin": Decimal(margin), "collection_period": Decimal(days)}
    grading = policy.assess(known("1", str(margin), days=str(days)))
    step = next_tier(policy, grading, grading.rank, {}, MARCH)
    if step is None:
        assert grading.rank == 2
        return
    for left in step["items"]:
        limits = left["alone"]
        if limits is None:
            continue
        value = limits.get("at_least") or limits.get("at_most")
        tried = then | {left["indicator"]: Decimal(value)}
        assert policy.assess(known("1", str(tried["margin"]), days=str(tried["collection_period"]))).rank == 2


def test_T9_a_score_is_explained_item_by_item_in_both_languages():
    snapshot = known("9000", "450", days="60")
    grading = TWENTY_TWENTY.assess(snapshot)
    assert (grading.value, grading.rank) == (Decimal("18"), 1)
    reasons = reasons_of(TWENTY_TWENTY, snapshot, date(2026, 3, 1), 1, trigger="review")
    assert [(item["points"], item["most"]) for item in reasons["score"]["items"]] == [("10", "20"), ("8", "20")]
    assert (reasons["next"]["code"], reasons["next"]["missing"]) == ("gold", "4")
    assert [item["alone"] for item in reasons["next"]["items"]] == [{"at_least": "600"}, {"at_most": "45"}]
    words = write_explanation("upgrade", reasons, at(1), "en", zone=UTC, currency="USD")
    assert "the score was 18 of 40 points: gross margin 450 USD, 10 of 20 points" in words
    assert "For Gold, 4 points is missing. One of these alone would bring it: gross margin at least 600 USD" in words
    chinese = write_explanation("upgrade", reasons, at(1), "zh", zone=UTC, currency="USD")
    assert "得分为18/40分" in chinese
    assert "距黄金还差4分" in chinese
    assert "平均收款期不高于45天" in chinese


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (scorecard(item(weight="40"), COLLECTION | {"weight": "50"}, weights="percent"), "weights_do_not_add_up",
         "/document/scorecard/items"),
        (scorecard(item(weight="100"), COLLECTION, weights="percent"), "missing",
         "/document/scorecard/items/1/weight"),
        (scorecard(item(weight="-1")), "weight_not_positive", "/document/scorecard/items/0/weight"),
        (scorecard(item("mood")), "unknown_indicator", "/document/scorecard/items/0/indicator"),
        (scorecard(item("region")), "not_a_numeric_indicator", "/document/scorecard/items/0/indicator"),
        (scorecard(item(), item()), "indicator_twice", "/document/scorecard/items/1/indicator"),
        (scorecard({"indicator": "margin"}), "bands_or_scale", "/document/scorecard/items/0"),
        (scorecard(item(bands=[{"from": "5", "points": "1"}, {"from": "5", "points": "2"}])), "bands_overlap",
         "/document/scorecard/items/0/bands/1/from"),
        (scorecard(item(bands=[{"from": "5", "points": "1"}, {"from": "4", "points": "2"}])), "bands_not_ordered",
         "/document/scorecard/items/0/bands/1/from"),
        (scorecard(item(bands=[{"from": "1", "to": "6", "points": "1"}, {"from": "5", "points": "2"}])),
         "bands_overlap", "/document/scorecard/items/0/bands/0/to"),
        (scorecard(item(scale={"worst": "5", "best": "5", "points": "1"})), "empty_scale",
         "/document/scorecard/items/0/scale/best"),
        (scorecard(item(scale={"worst": "5", "best": "6", "points": "0"})), "no_points",
         "/document/scorecard/items/0/scale/points"),
        (scorecard(bands=("12", "22", "41")), "out_of_reach", "/document/bands/2/from"),
        (scorecard() | {"star": {"months": 3, "thresholds": []}}, "not_of_this_kind", "/document/star"),
        (scorecard() | {"indicator": "amount"}, "not_of_this_kind", "/document/indicator"),
        ({"kind": "scorecard", "levels": LEVELS, "window": {"months": 12}}, "missing", "/document/scorecard"),
    ],
)  # fmt: skip
def test_T3_a_wrong_scorecard_is_refused_at_the_field(document, code, pointer):
    with pytest.raises(DomainError) as refused:
        policy_of(document)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)
