"""The reasons kept with a decision, in English and Chinese (T9)."""

from datetime import UTC, date
from uuid import UUID

from services.tiering_svc.policies.domain.abc import cutoffs
from services.tiering_svc.policies.domain.policy import snapshot_of_figures
from services.tiering_svc.tiers.domain.explanation import next_tier, reasons_of
from services.tiering_svc.tiers.texts import write_explanation
from tests.tiering_svc.policies.test_policies import abc, figures_of, monthly, stars
from tests.tiering_svc.shorthand import Folded, at, back, bands_document, order, policy_of, rules


def words_of(change, language: str) -> str:  # type: ignore[no-untyped-def]
    return write_explanation(change.kind, change.reasons, change.effective_from, language, zone=UTC, currency="USD")  # type: ignore[arg-type]


def test_T9_a_rise_is_explained_with_value_band_and_what_is_missing():
    policy = policy_of(bands_document(("gold", "550"), ("platinum", "2000")))
    change = Folded(rules(policy)).place(order(1, at(1), "1234.5")).changes[0]
    assert change.reasons["value"] == "1234.5"
    assert change.reasons["window"] == {"from": "2025-04", "to": "2026-03", "months": 12}
    assert change.reasons["band"] == {"from": "550", "to": "2000"}
    assert "next" not in change.reasons  # what is missing is told as of the instant asked about
    assert change.reasons["order_id"] == str(UUID(int=1))
    assert words_of(change, "en") == (
        "Gold since 2026-03-01: placed by the first order. In the 12 months 2025-04 to 2026-03 the amount was "
        "1,234.50 USD. Gold begins at 550 USD. Policy “Test”, version 1."
    )
    assert words_of(change, "zh") == (
        "自2026-03-01起为gold级：由首笔订单定级。2025-04至2026-03共12个月的消费金额为1,234.50 USD。"
        "gold级的起点为550 USD。依据政策“测试”第1版。"
    )


def test_K18_a_correction_says_what_happened():
    base, big = order(1, at(1), "100"), order(2, at(5), "500")
    change = Folded().place(base, big).reverse(back(big)).changes[-1]
    assert "corrected from this date" in words_of(change, "en")
    assert "自该日起更正" in words_of(change, "zh")
    assert change.reasons["value"] == "100"


def test_T5_the_cut_offs_are_part_of_the_reasons():
    policy = policy_of(abc("customers", "10", "20", "70"))
    values = [figures_of(str(number)).amount for number in range(1, 101)]
    graded = policy.with_cutoffs(cutoffs(policy, values), UUID(int=3))
    reasons = reasons_of(graded, figures_of("75"), date(2026, 3, 1), 1, trigger="review", run_id=UUID(int=3))
    assert reasons["bands"] == [{"tier": "b", "from": "71"}, {"tier": "a", "from": "91"}]
    assert reasons["cutoffs_of"] == reasons["run_id"] == str(UUID(int=3))
    assert reasons["next"]["missing"] == "16"
    words = write_explanation("upgrade", reasons, at(1), "en", zone=UTC, currency="USD")
    assert "by share of customers" in words
    assert "按客户占比" in write_explanation("upgrade", reasons, at(1), "zh", zone=UTC, currency="USD")


def test_T6_stars_are_explained_by_their_months():
    figures = monthly("400", "350", "400", "400", "400", "400")
    reasons = reasons_of(policy_of(stars()), figures, date(2026, 3, 1), 1, trigger="review")
    assert list(reasons["months"]) == ["2025-09", "2025-10", "2025-11", "2025-12", "2026-01", "2026-02"]
    assert reasons["value"] == "350"
    assert "each of the 6 months 2025-09 to 2026-02" in write_explanation(
        "first", reasons, at(1), "en", zone=UTC, currency="USD"
    )
    assert "每月" in write_explanation("first", reasons, at(1), "zh", zone=UTC, currency="USD")


def test_T9_the_unknown_is_said_to_be_unknown():
    policy = policy_of(bands_document(("gold", "5")) | {"indicator": "margin"})
    change = Folded(rules(policy)).place(order(1, at(1), "100")).changes[0]
    assert change.reasons["value"] is None
    assert "is not known" in words_of(change, "en")
    assert "未知" in words_of(change, "zh")


def test_T9_at_the_top_nothing_is_missing():
    policy = policy_of(bands_document(("gold", "550")))
    march = date(2026, 3, 1)
    assert next_tier(policy, policy.assess(snapshot_of_figures(figures_of("600"), march, 12)), 1, {}, march) is None


def test_T6_what_is_missing_for_a_star_are_months_to_come_and_those_that_fell_short_are_named():
    figures = monthly("900", "900", "900", "400", "350", "301")
    reasons = reasons_of(policy_of(stars()), figures, date(2026, 3, 1), 1, trigger="order")
    assert reasons["next"]["more_than"] == "500"
    assert reasons["next"]["missing"] is None
    assert [month["month"] for month in reasons["next"]["months_short"]] == ["2025-09", "2025-10", "2025-11"]
    assert reasons["next"]["earliest_month"] == "2026-06"  # three in a row are there, three more are needed
    words = write_explanation("first", reasons, at(1), "en", zone=UTC, currency="USD")
    assert "takes more than 500 USD in every full month" in words
    assert "2025-09 with 301 USD" in words
    assert "missing" not in words
