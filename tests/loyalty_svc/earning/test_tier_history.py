"""The tier in force when an order was placed, whatever is corrected later (L2, K8, K18)."""

from uuid import UUID

from services.loyalty_svc.earning.domain.tier_history import TierHistory
from tests.loyalty_svc.builders import day, tier_changed

CUSTOMER, ORDER = UUID(int=7), UUID(int=501)


def test_L2_the_tier_is_the_one_effective_when_the_order_was_placed() -> None:
    history = TierHistory()
    assert history.at(day(5)) is None
    history.learn(tier_changed(CUSTOMER, UUID(int=1), "silver", day(2), "first"))
    history.learn(tier_changed(CUSTOMER, UUID(int=2), "gold", day(4)))
    assert [history.at(day(n)) for n in (1, 2, 3.9, 4, 9)] == [None, "silver", "silver", "gold", "gold"]


def test_K18_a_correction_replaces_what_stood_from_its_instant_on() -> None:
    history = TierHistory()
    history.learn(tier_changed(CUSTOMER, UUID(int=1), "silver", day(1), "first"))
    history.learn(tier_changed(CUSTOMER, UUID(int=2), "gold", day(4)))
    history.learn(tier_changed(CUSTOMER, UUID(int=3), "platinum", day(6)))
    changed = history.learn(tier_changed(CUSTOMER, UUID(int=4), "silver", day(4), "correction"))
    assert [history.at(day(n)) for n in (3, 4, 6, 9)] == ["silver"] * 4
    assert [(p.change_id.int, p.superseded) for p in changed] == [(4, False), (2, True), (3, True)]


def test_K8_a_change_of_tier_heard_again_changes_nothing() -> None:
    changes = [
        tier_changed(CUSTOMER, UUID(int=1), "silver", day(1), "first"),
        tier_changed(CUSTOMER, UUID(int=2), "gold", day(4)),
        tier_changed(CUSTOMER, UUID(int=3), "silver", day(4), "correction"),
    ]
    history = TierHistory()
    for change in changes:
        history.learn(change)
    assert [history.learn(change) for change in changes] == [[], [], []]
    assert history.at(day(5)) == "silver"
