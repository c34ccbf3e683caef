"""Histories that the facts do not give, the same in every service: found by working lives out anew (T10).

Each is what a program kept that looked at a part of the past only. All other invariants hold over it.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.indicators.domain.running_totals import RunningTotals
from services.tiering_svc.tiers.domain.tier_life import Watch
from shared.messaging.database.transaction import system_clock
from tests import harness
from tests.tiering_svc.events import placed, returned
from tests.tiering_svc.shorthand import bands_document
from tests.tiering_svc.tiers.recorded_life import RecordedLife, utc
from tests.verify.conftest import Five
from tests.verify.recorded_system import RecordedSystem, since

ANN, BEN = UUID(int=1), UUID(int=2)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
TWO_STEPS = bands_document(("silver", "50"), ("gold", "400"), lowest="basic")
GOLD_AT_550 = bands_document(("gold", "550"))
A_MONTH = bands_document(("gold", "550"), lowest="basic", months=1, grace_months=2)
AT_ONCE = bands_document(("gold", "550"), lowest="basic", months=1, grace_months=0)
KEPT = bands_document(("gold", "500"), ("platinum", "900"), lowest="basic", months=1, grace_months=0, keep_months=6)


@pytest.fixture
async def system(five: Five, databases: harness.Databases) -> AsyncIterator[RecordedSystem]:
    yield RecordedSystem(five, RecordedLife(five.tiering, BEGINNING))
    five.tiering.clock = system_clock
    await databases.prepare("tiering", harness.migrations_of("tiering"))  # its policies are gone


async def begin(system: RecordedSystem, document: dict[str, Any], now: str) -> RecordedLife:
    """A policy in force since long ago; facts are recorded from `now` on."""
    await system.life.activate(document)
    system.life.now = utc(now)
    return system.life


async def test_T10_lives_that_are_what_the_facts_give_are_sound(system: RecordedSystem):
    life = await begin(system, A_MONTH, "2026-05-01")
    order = placed(ANN, utc("2026-03-10"), "600")
    await life.record(placed(ANN, utc("2026-01-10"), "600"), placed(BEN, utc("2026-01-11"), "70"), order)
    for as_of in ("2026-02-28", "2026-03-31"):
        await life.review(utc(as_of))
    await life.record(returned(order, utc("2026-03-12")))
    await life.promise(ANN, utc("2026-08-01"))
    await life.override(BEN, "gold", utc("2026-06-01"))
    await life.record(placed(BEN, utc("2026-01-02"), "5"))
    assert await system.broken() == {"timers_end_once"}, "the override is over, and it is not said to be yet"
    await life.pass_time(utc("2026-07-01"))
    assert await system.broken() == set()
    report = await system.five.result("tier_lives")
    assert (report.checked, report.of) == (2, 2)


async def test_T10_a_stacked_rise_that_was_not_corrected_below_its_floor(system: RecordedSystem):
    life = await begin(system, TWO_STEPS, "2026-04-01")
    orders = [placed(ANN, utc("2026-01-10"), "60.00"), placed(ANN, utc("2026-02-10"), "400.00")]
    await life.record(*orders)
    await life.record(returned(orders[1], utc("2026-03-01")))
    half_way = await system.kept(ANN)
    await life.record(returned(orders[0], utc("2026-03-02")))
    assert await system.broken() == set()
    await system.put_back(half_way)
    assert await system.broken() == {"tier_lives", "tier_grades"}
    [first, *_] = (await system.five.result("tier_lives")).examples
    assert str(ANN) in first
    assert "2026-01-10T12:00:00+00:00: kept" in first
    assert "tier=silver" in first.partition("facts give")[0]
    assert "tier=basic" in first.partition("facts give")[2]


@pytest.mark.parametrize(("amount", "codes"), [("300", {"tier_lives", "tier_grades"}), ("10", {"tier_lives"})])
async def test_T10_a_late_order_that_was_left_out(system: RecordedSystem, amount: str, codes: set[str]):
    life = await begin(system, GOLD_AT_550, "2026-02-01")
    await life.record(placed(ANN, utc("2026-01-15"), "300"))
    without = await system.kept(ANN)
    await life.record(placed(ANN, utc("2026-01-05"), amount))
    assert await system.broken() == set()
    await system.put_back(without)
    assert await system.broken() == codes


async def test_T10_a_retention_that_was_lost(system: RecordedSystem):
    life = await begin(system, KEPT, "2026-02-01")
    above = placed(ANN, utc("2026-01-20"), "450")
    await life.record(placed(ANN, utc("2026-01-10"), "500"), above)
    await life.record(returned(above, utc("2026-01-25")))
    true = await system.kept(ANN)
    assert true.standing.retained_until == utc("2026-07-10")
    assert await system.broken() == set()
    await system.put(ANN, [*true.rows[:-1], replace(true.rows[-1], retained_until=None)], retained_until=None)
    assert await system.broken() == {"tier_lives"}


async def test_T10_a_grace_that_was_restarted(system: RecordedSystem):
    life = await begin(system, A_MONTH, "2026-05-01")
    between = placed(ANN, utc("2026-03-10"), "600")
    await life.record(placed(ANN, utc("2026-01-10"), "600"))
    await life.review(utc("2026-02-28"))
    await life.record(between)
    await life.record(returned(between, utc("2026-03-12")))
    await life.review(utc("2026-03-31"))
    true = await system.kept(ANN)
    assert true.watches == [Watch(utc("2026-02-28"), utc("2026-04-28"), None)]
    assert await system.broken() == set()
    again = Watch(utc("2026-03-31"), utc("2026-05-31"), None)
    ended = true.watches[0]._replace(ended_at=between.placed_at)
    await system.put(ANN, watches=[ended, again], below_since=again.below_since, grace_until=again.grace_until)
    assert await system.broken() == {"tier_lives"}


async def test_T10_an_override_that_ended_at_the_same_rank_and_was_not_correctable(system: RecordedSystem):
    life = await begin(system, GOLD_AT_550, "2026-02-01")
    order = placed(ANN, utc("2026-01-10"), "600")
    await life.record(order)
    await life.override(ANN, "gold", utc("2026-02-10"))
    await life.pass_time(utc("2026-03-01"))
    await life.record(returned(order, utc("2026-02-20")))
    true = await system.kept(ANN)
    assert [row.tier for row in true.rows] == ["silver", "gold", "silver"]
    assert await system.broken() == set()
    await system.put(ANN, true.rows[:-1])
    assert await system.broken() == {"tier_lives"}


async def test_T10_a_review_that_saw_later_orders(system: RecordedSystem):
    life = await begin(system, AT_ONCE, "2026-05-01")
    await life.record(placed(ANN, utc("2026-01-10"), "600"), placed(ANN, utc("2026-03-10"), "600"))
    before = await system.kept(ANN)
    await life.review(utc("2026-02-28"))
    assert [row.kind for row in (await system.kept(ANN)).rows] == ["first", "downgrade", "upgrade"]
    assert await system.broken() == set()
    await system.put_back(before)
    assert await system.broken() == {"tier_lives"}


async def test_T10_reasons_that_the_facts_do_not_give(system: RecordedSystem):
    life = await begin(system, GOLD_AT_550, "2026-02-01")
    await life.record(placed(ANN, utc("2026-01-10"), "600"))
    [row] = (await system.kept(ANN)).rows
    await system.put(ANN, [replace(row, reasons=row.reasons | {"value": "601"})])
    assert await system.broken() == {"tier_lives"}
    [example] = (await system.five.result("tier_lives")).examples
    assert "'value': '601'" in example
    assert "'value': '600'" in example


async def test_T10_a_past_watch_that_is_missing(system: RecordedSystem):
    life = await begin(system, A_MONTH, "2026-05-01")
    await life.record(placed(ANN, utc("2026-01-10"), "600"))
    await life.review(utc("2026-02-28"))
    await life.record(placed(ANN, utc("2026-03-10"), "600"))
    assert len((await system.kept(ANN)).watches) == 1
    assert await system.broken() == set()
    await system.five.run("tiering", "delete from tier_watch")
    assert await system.broken() == {"tier_lives"}


@pytest.mark.parametrize("field", ["folded_until", "decided_until", "first_known", "recovered_at", "cutoffs_of"])
async def test_T10_a_standing_that_is_not_where_the_fold_has_come_to(system: RecordedSystem, field: str):
    life = await begin(system, GOLD_AT_550, "2026-02-01")
    await life.record(placed(ANN, utc("2026-01-10"), "600"), placed(ANN, utc("2026-01-20"), "6"))
    assert await system.broken() == set()
    await system.put(ANN, None, None, **{field: UUID(int=9) if field == "cutoffs_of" else utc("2026-01-11")})
    assert await system.broken() == {"tier_lives"}
    [example] = (await system.five.result("tier_lives")).examples
    assert f"standing: kept {field}=" in example


async def test_T10_a_customer_whose_orders_led_to_nothing(system: RecordedSystem):
    life = await begin(system, GOLD_AT_550, "2026-02-01")
    await life.record(placed(ANN, utc("2026-01-10"), "600"))
    await system.five.run("tiering", "delete from tier_history; delete from standing; delete from outbox")
    assert "tier_lives" in await system.broken()


async def test_T10_a_fault_of_the_fold_itself_is_seen_by_sums(system: RecordedSystem, monkeypatch: pytest.MonkeyPatch):
    """The window of a year is taken for one of ten: what is kept and what is worked out anew are wrong alike."""
    window = RunningTotals.window
    monkeypatch.setattr(RunningTotals, "window", lambda self, last, months: window(self, last, 10 * months))
    life = await begin(system, GOLD_AT_550, "2026-04-01")
    await life.record(placed(ANN, utc("2026-03-10"), "300"))
    await life.record(placed(ANN, utc("2025-01-10"), "300"))
    assert [row.tier for row in (await system.kept(ANN)).rows] == ["silver", "gold"]
    assert await system.broken() == {"tier_grades"}


async def test_T10_a_correction_may_keep_more_than_the_window_gives_but_not_less(system: RecordedSystem):
    life = await begin(
        system, bands_document(("silver", "50"), ("gold", "400"), lowest="basic", months=1), "2026-04-01"
    )
    order = placed(ANN, utc("2026-02-10"), "500")
    await life.record(placed(ANN, utc("2026-01-10"), "60"), order)
    await life.record(returned(order, utc("2026-03-01")))
    true = await system.kept(ANN)
    correction = since(true.rows, order.placed_at)
    assert (correction.kind, correction.tier) == ("correction", "silver")
    assert await system.broken() == set(), "silver, though nothing is left in that window"
    await life.record(placed(ANN, utc("2026-02-05"), "410"))
    assert await system.broken() == set()
    await system.put_back(true)
    assert await system.broken() == {"tier_lives", "tier_grades"}


async def test_T10_a_review_that_is_not_through_with_everybody_is_no_fault(system: RecordedSystem):
    life = await begin(system, AT_ONCE, "2026-05-01")
    await life.record(placed(ANN, utc("2026-01-10"), "600"), placed(BEN, utc("2026-01-11"), "600"))
    not_yet = await system.kept(BEN)
    run = await life.review(utc("2026-02-28"))
    await system.put_back(not_yet)
    assert "tier_lives" in await system.broken()
    await system.five.run(
        "tiering", "update evaluation_run set result = null, decided_at = null where run_id = $1", run.run_id
    )
    assert "tier_lives" not in await system.broken()


CONTACT = """
insert into contact_fact (entry_id, customer_id, employee_id, channel, contacted_at, recorded_at)
values (gen_random_uuid(), $1, 'am-1', 'call', $2, $3)
"""


async def test_T10_what_became_known_later_besides_orders_changes_no_decision(system: RecordedSystem):
    by_contacts = bands_document(("gold", "1"), lowest="basic") | {"indicator": "contacts"}
    life = await begin(system, by_contacts, "2026-02-01")
    orders = [placed(ANN, utc("2026-01-10"), "600"), placed(ANN, utc("2026-01-11"), "600")]
    await life.record(orders[0])
    await system.five.run("tiering", CONTACT, ANN, utc("2026-01-05"), utc("2026-02-20"))
    assert "tier_lives" not in await system.broken(), "recorded weeks after the decision"
    life.now = utc("2026-02-25")
    await life.record(orders[1])
    assert [row.tier for row in (await system.kept(ANN)).rows] == ["basic", "gold"]
    assert "tier_lives" not in await system.broken(), "nor is the first order's tier another one now"
    await system.five.run("tiering", "update contact_fact set recorded_at = $1", utc("2026-01-05"))
    assert "tier_lives" in await system.broken(), "it was known then"


async def test_T10_what_a_review_could_not_know_is_passed_over(system: RecordedSystem):
    by_contacts = bands_document(("gold", "1"), lowest="basic", grace_months=0, months=1) | {"indicator": "contacts"}
    life = await begin(system, by_contacts, "2026-02-01")
    await life.record(placed(ANN, utc("2026-01-10"), "600"))
    await life.review(utc("2026-01-31"))
    await system.five.run("tiering", CONTACT, ANN, utc("2026-01-20"), utc("2026-03-01"))
    assert "tier_lives" not in await system.broken()
    await system.five.run("tiering", "update standing set folded_until = folded_until + interval '1 day'")
    assert "tier_lives" not in await system.broken(), "what follows a decision that stands can not be told"
    await system.five.run("tiering", "update contact_fact set contacted_at = $1", utc("2026-02-20"))
    assert "tier_lives" in await system.broken()


async def test_T10_facts_that_no_life_can_be_made_of_hide_no_other_customer(system: RecordedSystem):
    life = await begin(system, GOLD_AT_550, "2026-02-01")
    await life.record(*(placed(customer, utc("2026-01-10"), "600") for customer in (ANN, BEN)))
    await life.override(ANN, "gold", utc("2027-01-10"))
    await system.put(BEN, folded_until=utc("2026-01-11"))
    await system.five.run("tiering", "update tier_privilege set tier = 'zinc'")
    assert await system.broken() == {"tier_lives"}
    of_ann, of_ben = (await system.five.result("tier_lives")).examples
    assert f"customer_id={ANN} can not be folded" in of_ann
    assert f"customer_id={BEN} standing" in of_ben


async def test_T10_ranks_by_the_number_of_orders_and_by_reviews_alone_are_worked_out_by_sums(system: RecordedSystem):
    by_orders = bands_document(("silver", "2"), ("gold", "3"), lowest="basic", months=2, up_at_once=False)
    life = await begin(system, by_orders | {"indicator": "orders"}, "2026-04-01")
    orders = [placed(ANN, utc(f"2026-01-{day}"), "1") for day in (10, 11, 12)]
    await life.record(*orders)
    await life.review(utc("2026-01-31"))
    await life.record(returned(orders[0], utc("2026-02-20")))
    true = await system.kept(ANN)
    assert [(row.kind, row.tier) for row in true.rows] == [("first", "basic"), ("correction", "silver")]
    assert await system.broken() == set()
    assert (await system.five.result("tier_grades")).checked == 2
    raised = replace(true.rows[1], kind="upgrade", tier="gold", rank=2)
    await system.put(ANN, [true.rows[0], raised])
    assert await system.broken() == {"tier_lives", "tier_grades"}
