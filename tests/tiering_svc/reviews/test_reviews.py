"""A review of one customer (T10): rises at once, falls after the grace period, each from its own date."""

from datetime import UTC, datetime
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.tiers.domain.review import ReviewDecision, review
from services.tiering_svc.tiers.domain.standing import Standing
from tests.tiering_svc.shorthand import CUSTOMER, Folded, at, back, bands_document, decider, order, policy_of, rules

RUN = UUID(int=77)


def reviewed(standing: Standing, amount: str | None, as_of: datetime, **life: object) -> ReviewDecision:
    figures = Figures()
    if amount is not None:
        figures.add(order(1, as_of, amount))
    by = decider(policy_of(bands_document(("gold", "550"), **life)))
    month = month_of(as_of, UTC)
    return review(standing, CustomerSnapshot(figures, as_of, month, by.policy.months), as_of, month, by, RUN)


def gold(**watched: object) -> Standing:
    return Folded().place(order(1, at(1), "600")).standing._replace(**watched)  # type: ignore[arg-type]


def test_T10_a_fall_waits_for_the_end_of_the_grace_period():
    first = reviewed(gold(), "100", at(1, 5))
    assert (first.outcome, first.change, first.standing.grace_until) == ("grace", None, at(1, 6))
    still = reviewed(first.standing, "100", at(20, 5))
    assert (still.outcome, still.standing.grace_until) == ("grace", at(1, 6))
    down = reviewed(still.standing, "100", at(1, 6))
    assert down.outcome == "down"
    assert down.change is not None
    assert (down.change.kind, down.change.tier, down.change.effective_from) == ("downgrade", "silver", at(1, 6))
    assert down.change.run_id == RUN


def test_T10_a_recovery_in_the_grace_period_ends_it():
    watched = reviewed(gold(), "100", at(1, 5)).standing
    kept = reviewed(watched, "600", at(1, 6))
    assert (kept.outcome, kept.standing.below_since, kept.standing.grace_until) == ("kept", None, None)


def test_T10_a_tier_is_kept_until_its_retention_ends():
    privileged = gold(retained_until=at(1, 9), below_since=at(1, 4), grace_until=at(1, 5))
    assert reviewed(privileged, "100", at(1, 8)).outcome == "grace"
    assert reviewed(privileged, "100", at(1, 9)).outcome == "down"


def test_T10_without_grace_the_first_review_lowers():
    assert reviewed(gold(), "100", at(1, 5), grace_months=0).outcome == "down"


def test_T10_a_rise_takes_effect_at_the_date_of_the_review():
    silver = Folded().place(order(1, at(1), "10")).standing
    up = reviewed(silver, "600", at(1, 5))
    assert up.change is not None
    assert (up.outcome, up.change.kind, up.change.effective_from) == ("up", "upgrade", at(1, 5))
    assert up.change.reasons["run_id"] == str(RUN)


def test_T10_an_override_holds():
    assert reviewed(gold(overridden_until=at(1, 12)), "100", at(1, 5)).outcome == "overridden"


def test_T10_a_customer_on_another_pyramid_is_placed_on_the_new_one():
    placed = reviewed(gold(ladder="c<b<a"), "100", at(1, 5))
    assert placed.change is not None
    assert (placed.outcome, placed.change.kind, placed.change.tier) == ("placed", "first", "silver")
    assert reviewed(Standing(CUSTOMER), None, at(1, 5)).outcome == "no_orders"


def test_K18_a_rise_by_review_falls_when_what_it_stood_on_comes_back():
    slow = policy_of(bands_document(("gold", "550"), up_at_once=False))
    life = Folded(rules(slow)).place(order(1, at(1), "600")).review(at(1, 5))
    assert life.kinds == [("first", "silver", at(1)), ("upgrade", "gold", at(1, 5))]
    life.reverse(back(life.orders[0]), at=at(2, 5))
    assert life.kinds == [("first", "silver", at(1)), ("correction", "silver", at(1, 5))]
