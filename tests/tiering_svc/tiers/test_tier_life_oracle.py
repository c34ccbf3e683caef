"""The oracle of tier life against histories worked out by hand (T10; K13, K18, K20, K21, K22)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.tiering_svc.tiers.tier_life_oracle import Fact, Facts, Row, history, watch


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(hour=12, tzinfo=UTC)


def bands(*starts: tuple[str, str], lowest: str = "basic", months: int = 12, **life: Any) -> dict[str, Any]:
    return {
        "kind": "single_indicator", "indicator": "amount", "window": {"months": months},
        "levels": [{"code": code} for code in (lowest, *(tier for tier, _ in starts))],
        "bands": [{"tier": tier, "from": start} for tier, start in starts], "life": life,
    }  # fmt: skip


TWO_STEPS = bands(("silver", "50"), ("gold", "400"))
GOLD_AT_550 = bands(("gold", "550"), lowest="silver")


def order(name: str, placed_at: str, amount: str, quantity: int = 1, cost: str | None = None) -> Fact:
    return {"id": name, "placed_at": day(placed_at), "amount": Decimal(amount), "quantity": quantity,
            "cost": None if cost is None else Decimal(cost)}  # fmt: skip


def back(of: Fact, at: str, amount: str | None = None, quantity: int | None = None) -> Fact:
    return {"id": at, "order": of["id"], "at": day(at), "amount": of["amount"] if amount is None else Decimal(amount),
            "quantity": of["quantity"] if quantity is None else quantity}  # fmt: skip


def review(as_of: str, policy: dict[str, Any], cutoffs: list[Fact] | None = None) -> Fact:
    return {"as_of": day(as_of), "policy": policy, "cutoffs": cutoffs}


def override(tier: str, policy: dict[str, Any], starts_at: str, until: str, ended_at: str | None = None) -> Fact:
    return {"tier": tier, "policy": policy, "starts_at": day(starts_at), "until": day(until),
            "ended_at": None if ended_at is None else day(ended_at)}  # fmt: skip


def promise(starts_at: str, until: str, ended_at: str | None = None) -> Fact:
    return {"starts_at": day(starts_at), "until": day(until), "ended_at": None if ended_at is None else day(ended_at)}


def rows(*expected: tuple[str, str, str, str | None]) -> list[Row]:
    return [Row(day(since), tier, kind, previous) for since, tier, kind, previous in expected]


A, B = order("a", "2026-01-10", "60"), order("b", "2026-02-10", "400")


def test_T10_orders_raise_at_once_each_at_its_own_date() -> None:
    assert history(Facts(TWO_STEPS, [A, B])) == rows(
        ("2026-01-10", "silver", "first", None), ("2026-02-10", "gold", "upgrade", "silver")
    )


@pytest.mark.parametrize("in_order", [True, False])
def test_K21_two_orders_raise_step_by_step_and_both_are_returned(in_order: bool) -> None:
    dates = ("2026-03-01", "2026-03-02") if in_order else ("2026-03-02", "2026-03-01")
    both = [back(A, dates[0]), back(B, dates[1])]
    expected = rows(
        ("2026-01-10", "basic", "correction", "silver"), ("2026-02-10", "basic", "correction", "gold")
    )  # fmt: skip
    assert history(Facts(TWO_STEPS, [A, B], both)) == expected
    later = order("c", "2026-04-01", "70")
    assert history(Facts(TWO_STEPS, [A, B, later], both)) == [
        *expected, *rows(("2026-04-01", "silver", "upgrade", "basic"))
    ]  # fmt: skip


def test_K18_a_rise_whose_order_is_returned_is_corrected_from_its_date() -> None:
    base, big = order("a", "2026-03-01", "100"), order("b", "2026-03-05", "3000")
    policy = bands(("silver", "800"), ("gold", "2400"))
    assert history(Facts(policy, [base, big], [back(big, "2026-03-09")])) == rows(
        ("2026-03-01", "basic", "first", None), ("2026-03-05", "basic", "correction", "gold")
    )
    later = order("c", "2026-03-12", "900")
    assert history(Facts(policy, [base, big, later], [back(big, "2026-03-20")])) == rows(
        ("2026-03-01", "basic", "first", None), ("2026-03-05", "basic", "correction", "gold"),
        ("2026-03-12", "silver", "upgrade", "basic"),
    )  # fmt: skip


def test_K18_what_is_left_of_an_order_raises_less_high_at_the_same_date() -> None:
    big = order("b", "2026-03-05", "3000", quantity=3)
    policy = bands(("silver", "800"), ("gold", "2400"))
    base = order("a", "2026-03-01", "10")
    assert history(Facts(policy, [base, big], [back(big, "2026-03-09", "1000", 1)])) == rows(
        ("2026-03-01", "basic", "first", None), ("2026-03-05", "silver", "correction", "gold")
    )


def test_K13_what_came_back_before_is_not_counted() -> None:
    big, small = order("a", "2026-03-01", "400"), order("b", "2026-03-03", "200")
    assert history(Facts(GOLD_AT_550, [big, small], [back(big, "2026-03-02")])) == rows(
        ("2026-03-01", "silver", "first", None)
    )
    base = order("z", "2026-02-01", "100")  # nothing had been decided for it that is lower now
    assert history(Facts(GOLD_AT_550, [base, big, small], [back(big, "2026-03-02")])) == rows(
        ("2026-02-01", "silver", "first", None)
    )


def test_K20_an_order_of_last_year_and_one_of_this_year_each_count_in_their_own_window() -> None:
    for orders in permutations([order("a", "2025-06-10", "600"), order("b", "2026-11-10", "50")]):
        assert history(Facts(GOLD_AT_550, list(orders))) == rows(("2025-06-10", "gold", "first", None))


def test_K20_history_begins_with_the_first_order() -> None:
    three = [order("a", "2026-01-05", "300"), order("b", "2026-01-15", "300"), order("c", "2026-01-25", "10")]
    for orders in permutations(three):
        assert history(Facts(GOLD_AT_550, list(orders))) == rows(
            ("2026-01-05", "silver", "first", None), ("2026-01-15", "gold", "upgrade", "silver")
        )


def test_T10_down_only_at_review_after_a_grace_period() -> None:
    policy = bands(("gold", "550"), months=1, grace_months=1)
    facts = Facts(policy, [order("a", "2026-01-10", "600")], reviews=[review("2026-02-28", policy)])
    assert history(facts) == rows(("2026-01-10", "gold", "first", None))
    assert watch(facts) == (day("2026-02-28"), day("2026-03-28"), None)
    facts.reviews.append(review("2026-03-27", policy))
    assert watch(facts) == (day("2026-02-28"), day("2026-03-28"), None)
    facts.reviews.append(review("2026-03-28", policy))
    assert history(facts)[1:] == rows(("2026-03-28", "basic", "downgrade", "gold"))
    assert watch(facts) == (None, None, None)


def test_T10_an_order_ends_a_grace_and_its_return_lets_it_go_on() -> None:
    policy = bands(("gold", "550"), months=1, grace_months=2)
    first, rescue = order("a", "2026-01-10", "600"), order("b", "2026-03-15", "600")
    facts = Facts(policy, [first, rescue], reviews=[review("2026-02-28", policy)])
    assert watch(facts) == (None, None, None)
    facts.reversals.append(back(rescue, "2026-03-20"))
    assert watch(facts) == (day("2026-02-28"), day("2026-04-28"), None)
    facts.reviews.append(review("2026-04-28", policy))
    assert history(facts) == rows(
        ("2026-01-10", "gold", "first", None), ("2026-04-28", "basic", "downgrade", "gold")
    )  # fmt: skip


def test_T10_a_tier_is_kept_until_its_date_also_when_a_rise_above_it_is_corrected() -> None:
    policy = bands(("gold", "500"), ("platinum", "900"), months=1, grace_months=0, keep_months=6)
    first, above = order("a", "2026-01-10", "600"), order("b", "2026-01-20", "400")
    facts = Facts(policy, [first, above])
    assert watch(facts).retained_until == day("2026-07-20")
    facts.reversals.append(back(above, "2026-01-25"))
    assert history(facts)[1:] == rows(("2026-01-20", "gold", "correction", "platinum"))
    assert watch(facts).retained_until == day("2026-07-10")
    facts.reviews += [review("2026-06-30", policy), review("2026-07-10", policy)]
    assert history(facts)[2:] == rows(("2026-07-10", "basic", "downgrade", "gold"))


def test_T10_a_promise_keeps_a_tier_until_its_end() -> None:
    policy = bands(("gold", "500"), months=1, grace_months=0)
    facts = Facts(policy, [order("a", "2026-01-10", "600")], reviews=[review("2026-02-28", policy)])
    facts.promises = [promise("2026-02-01", "2026-04-15")]
    assert len(history(facts)) == 1
    facts.promises = [promise("2026-02-01", "2026-04-15", "2026-02-27")]
    assert history(facts)[1:] == rows(("2026-02-28", "basic", "downgrade", "gold"))
    facts.promises = [promise("2026-02-01", "2026-04-15")]
    facts.overrides = [override("gold", policy, "2026-02-02", "2026-02-10")]  # clears it, and ends lower
    assert history(facts)[1:] == rows(
        ("2026-02-02", "gold", "override", "gold"), ("2026-02-10", "basic", "downgrade", "gold")
    )  # fmt: skip


def test_T10_nothing_moves_the_tier_under_an_override() -> None:
    facts = Facts(
        TWO_STEPS, [A, B], reviews=[review("2026-02-15", TWO_STEPS)],
        overrides=[override("basic", TWO_STEPS, "2026-02-01", "2026-03-01")],
    )  # fmt: skip
    assert history(facts) == rows(
        ("2026-01-10", "silver", "first", None), ("2026-02-01", "basic", "override", "silver"),
        ("2026-03-01", "gold", "upgrade", "basic"),
    )  # fmt: skip


def test_T10_an_override_that_ends_at_the_same_rank_stays_correctable() -> None:
    facts = Facts(TWO_STEPS, [A, B], overrides=[override("gold", TWO_STEPS, "2026-02-01", "2026-06-01", "2026-03-01")])
    kept = rows(("2026-01-10", "silver", "first", None), ("2026-02-01", "gold", "override", "silver"))
    assert history(facts) == kept
    facts.reversals.append(back(B, "2026-03-05"))
    assert history(facts) == [*kept, *rows(("2026-03-01", "silver", "correction", "gold"))]


def test_T10_what_came_back_before_an_override_ended_is_a_downgrade_at_its_end() -> None:
    facts = Facts(TWO_STEPS, [A, B], [back(B, "2026-02-20")],
                  overrides=[override("gold", TWO_STEPS, "2026-02-01", "2026-03-01")])  # fmt: skip
    assert history(facts)[2:] == rows(("2026-03-01", "silver", "downgrade", "gold"))


def test_T10_one_override_follows_another_at_one_instant() -> None:
    first = override("gold", TWO_STEPS, "2026-01-20", "2026-06-01", "2026-02-01")
    facts = Facts(TWO_STEPS, [A], overrides=[first, override("basic", TWO_STEPS, "2026-02-01", "2026-03-01")])
    assert history(facts)[1:] == rows(
        ("2026-01-20", "gold", "override", "silver"), ("2026-02-01", "basic", "override", "gold"),
        ("2026-03-01", "silver", "upgrade", "basic"),
    )  # fmt: skip


def test_T10_a_customer_without_orders_can_be_overridden() -> None:
    facts = Facts(TWO_STEPS, overrides=[override("gold", TWO_STEPS, "2026-02-01", "2026-03-01")])
    assert history(facts) == rows(
        ("2026-02-01", "gold", "override", None), ("2026-03-01", "basic", "downgrade", "gold")
    )  # fmt: skip


def test_K22_a_review_of_last_february_sees_nothing_that_happened_later() -> None:
    policy = bands(("gold", "500"), months=1, grace_months=0)
    before, after = order("a", "2026-01-10", "600"), order("b", "2026-03-10", "900")
    february = review("2026-02-28", policy)
    alone = history(Facts(policy, [before], reviews=[february]))
    assert alone[1:] == rows(("2026-02-28", "basic", "downgrade", "gold"))
    assert history(Facts(policy, [before, after], reviews=[february]))[:2] == alone


def test_T10_a_fall_at_a_review_because_an_order_came_back_after_it_is_a_correction() -> None:
    policy = bands(("gold", "500"), months=1, grace_months=0)
    first, second = order("a", "2026-01-10", "600"), order("b", "2026-02-10", "600")
    facts = Facts(policy, [first, second], [back(second, "2026-03-05")], [review("2026-02-28", policy)])
    assert history(facts)[1:] == rows(("2026-02-28", "basic", "correction", "gold"))


def test_T10_the_latest_activation_or_review_governs() -> None:
    strict = bands(("silver", "500"), ("gold", "900"))
    facts = Facts(TWO_STEPS, [A, B], activations=[{"at": day("2026-02-01"), "policy": strict}])
    assert history(facts) == rows(("2026-01-10", "silver", "first", None))
    facts.reviews = [
        review("2026-02-05", TWO_STEPS)
    ]  # of the earlier policy, applied before the other came: it governs
    assert history(facts)[1:] == rows(("2026-02-10", "gold", "upgrade", "silver"))


def test_T10_another_ladder_waits_for_a_review() -> None:
    other = bands(("bronze", "100"), ("vip", "300"), lowest="none")
    facts = Facts(TWO_STEPS, [A, B], activations=[{"at": day("2026-02-01"), "policy": other}])
    assert len(history(facts)) == 1
    facts.reviews = [review("2026-02-20", other)]
    assert history(facts)[1:] == rows(("2026-02-20", "vip", "first", "silver"))


def shares(**life: Any) -> dict[str, Any]:
    return {"kind": "abc", "indicator": "amount", "window": {"months": 12},
            "levels": [{"code": code} for code in "cba"], "life": life}  # fmt: skip


def test_T10_shares_grade_by_the_cut_offs_of_the_last_review_and_by_none_before_it() -> None:
    policy = shares()
    cutoffs: list[Fact] = [{"tier": "b", "from": "50"}, {"tier": "a", "from": "400"}]
    facts = Facts(policy, [A, B], reviews=[review("2026-01-31", policy, cutoffs)])
    assert history(facts) == rows(
        ("2026-01-10", "c", "first", None), ("2026-01-31", "b", "upgrade", "c"), ("2026-02-10", "a", "upgrade", "b")
    )


def test_T10_stars_are_of_full_months_over_a_threshold() -> None:
    policy = {"kind": "star", "indicator": "amount", "levels": [{"code": "none"}, {"code": "star3"}],
              "star": {"months": 2, "thresholds": [{"tier": "star3", "over": "100"}]}, "life": {}}  # fmt: skip

    def orders(*amounts: str) -> Sequence[Fact]:
        return [order(str(n), f"2026-0{n}-05", amount) for n, amount in enumerate(amounts, 1)]

    assert [row.tier for row in history(Facts(policy, list(orders("101", "101", "1"))))] == ["none", "star3"]
    assert [row.tier for row in history(Facts(policy, list(orders("101", "100", "1"))))] == ["none"]


def test_T10_other_indicators_and_what_is_unknown() -> None:
    by_margin = bands(("gold", "30")) | {"indicator": "margin", "unknown": {"tier": "gold"}}
    assert history(Facts(by_margin, [order("a", "2026-01-10", "60")]))[0].tier == "gold"
    assert history(Facts(by_margin, [order("a", "2026-01-10", "60", 2, "20")]))[0].tier == "basic"
    by_count = bands(("gold", "2")) | {"indicator": "orders"}
    assert [row.tier for row in history(Facts(by_count, [A, B]))] == ["basic", "gold"]
    average = bands(("gold", "200")) | {"indicator": "average_order"}
    assert [row.tier for row in history(Facts(average, [A, B]))] == ["basic", "gold"]


def test_T10_without_at_once_orders_place_at_the_lowest_and_reviews_raise() -> None:
    policy = bands(("gold", "400"), up_at_once=False)
    facts = Facts(policy, [B], reviews=[review("2026-02-28", policy)])
    assert history(facts) == rows(
        ("2026-02-10", "basic", "first", None), ("2026-02-28", "gold", "upgrade", "basic")
    )  # fmt: skip


def test_months_are_those_of_the_business_and_end_on_their_last_day() -> None:
    policy = bands(("gold", "550"), months=1, grace_months=1)
    late = order("a", "2026-01-31", "600")
    late["placed_at"] = datetime(2026, 1, 31, 20, tzinfo=UTC)  # February in Shanghai
    facts = Facts(policy, [late], reviews=[review("2026-02-28", policy)], zone=ZoneInfo("Asia/Shanghai"))
    assert watch(facts) == (None, None, None)
    facts.zone = UTC
    assert watch(facts) == (day("2026-02-28"), day("2026-03-28"), None)
    facts.reviews = [review("2026-03-31", policy)]
    assert watch(facts) == (day("2026-03-31"), day("2026-04-30"), None)


def test_until_an_instant_later_facts_have_not_happened_yet() -> None:
    facts = Facts(TWO_STEPS, [A, B], overrides=[override("basic", TWO_STEPS, "2026-02-20", "2026-06-01")])
    assert [row.tier for row in history(facts, day("2026-02-15"))] == ["silver", "gold"]
    assert [row.tier for row in history(facts, day("2026-05-31"))] == ["silver", "gold", "basic"]
    assert [row.tier for row in history(facts)] == ["silver", "gold", "basic", "gold"]
