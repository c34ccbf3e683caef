"""A small sound system and one fault after the other in it: each is found by the invariants it breaks, no others."""

from decimal import Decimal

import pytest

from tests.tier_tails import row_changed
from tests.verify.conftest import Five
from tests.verify.small_system import AT, CASE, CHANGE, CUSTOMER, EVENT, OLD_CHANGE, TAKEN


async def test_the_small_system_is_sound(sound: Five):
    assert await sound.broken() == set()


TIERS = {"tier_lives", "tier_grades"}  # recomputed by the fold, and by sums

FAULTS = [
    # an order that is lost, doubled, foreign or changed
    ("tiering", "delete from order_fact", {"orders_in_indicators", "indicator_months", "order_facts", *TIERS}),
    ("tiering", "update order_fact set amount = 99.99", {"orders_in_indicators", "indicator_months", "tier_lives"}),
    (
        "tiering",
        "update order_fact set customer_id = gen_random_uuid()",
        {"orders_in_indicators", "indicator_months", *TIERS},
    ),
    (
        "tiering",
        "insert into order_fact select customer_id, placed_at - interval '1 s', order_id, month, amount, margin, "
        "quantity, 0, 0, 0, recorded_at from order_fact",
        {"orders_in_indicators", "indicator_months", "order_facts", "tier_lives"},
    ),
    (
        "loyalty",
        "delete from order_points",
        {"entry_causes", "lots_made", "orders_posted", "reversed_lines", "orders_in_ledger", "returns_in_ledger"},
    ),
    (
        "loyalty",
        "update order_points set customer_id = gen_random_uuid()",
        {"entry_causes", "orders_posted", "orders_in_ledger"},
    ),
    (
        "loyalty",
        'update order_points set lines = \'[[1, "GROCERY", "70.00", 2]]\'',
        {"orders_earned", "reversed_lines", "orders_in_ledger"},
    ),
    (
        "loyalty",
        "insert into order_points select gen_random_uuid(), customer_id, placed_at, recorded_at, programme, lines, 0, "
        "'{}', '{}' from order_points",
        {"orders_earned", "reversed_lines", "orders_in_ledger"},
    ),
    (
        "gateway",
        "delete from reversal; delete from customer_order",
        {
            "reversed_lines",
            "orders_in_indicators",
            "returns_in_indicators",
            "orders_in_ledger",
            "returns_in_ledger",
            "overview_orders",
            "overview_returns",
        },
    ),
    # what came back
    ("loyalty", "update order_points set reversed_by = '{}'", {"returns_in_ledger"}),
    ("loyalty", "update order_points set reversed_by = reversed_by || reversed_by", {"returns_in_ledger"}),
    (
        "tiering",
        "delete from order_change",
        {"returns_in_indicators", "indicator_months", "order_facts", "tier_lives"},
    ),
    ("tiering", "update order_fact set returned_amount = 0", {"order_facts", "indicator_months"}),
    (
        "tiering",
        "update order_fact set returned_quantity = quantity",
        {"indicator_months", "order_facts", "tier_grades"},
    ),
    ("tiering", "update order_fact set returned_margin = 0", {"indicator_months", "order_facts"}),
    # money owed and paid
    ("tiering", "update receivable_fact set amount = 1", {"receivables_in_indicators"}),
    ("tiering", "delete from payment_fact", {"payments_in_indicators"}),
    # indicators
    ("tiering", "update indicator_month set orders = 2", {"indicator_months"}),
    ("tiering", "update indicator_month set returned_amount = 0", {"indicator_months"}),
    ("tiering", "update indicator_month set margin = 13", {"indicator_months"}),
    ("tiering", "update indicator_month set margin_known_amount = 0", {"indicator_months"}),
    ("tiering", "delete from indicator_month", {"indicator_months"}),
    # contacts, cases, traits, groups
    ("tiering", "delete from contact_fact", {"contacts_in_indicators"}),
    ("profile", "update contact_log set completed_at = now()", {"contacts_in_indicators"}),
    ("tiering", f"delete from case_fact where case_id = '{CASE}'", {"cases_in_indicators"}),
    ("tiering", "update case_fact set customer_id = null, customer_recorded_at = null", {"cases_in_indicators"}),
    ("tiering", "update case_fact set kind = 'praise'", {"cases_in_indicators"}),
    ("tiering", "delete from case_change", {"case_ends_in_indicators"}),
    ("tiering", "update case_change set what = 'reopened'", {"case_ends_in_indicators"}),
    ("tiering", "delete from customer_traits where seq = 2", {"traits_in_indicators"}),
    ("tiering", "update customer_traits set kind = 'person'", {"traits_in_indicators"}),
    ("tiering", "delete from group_parent where parent_id is null", {"groups_in_indicators"}),
    ("tiering", "update group_parent set parent_id = gen_random_uuid()", {"groups_in_indicators"}),
    # the ledger
    (
        "loyalty",
        "update posting set points = -99 where account = 'issued' and points < 0",
        {"lots_made", "orders_posted", "ledger_sums"},
    ),
    (
        "loyalty",
        f"delete from posting where entry_id = '{TAKEN}'",
        {"orders_posted", "ledger_entries", "ledger_balances"},
    ),
    (
        "loyalty",
        f"delete from entry where id = '{TAKEN}'",
        {"orders_posted", "ledger_entries", "ledger_announced"},
    ),
    ("loyalty", f"update entry set number = 7 where id = '{TAKEN}'", {"ledger_entries"}),
    ("loyalty", "update wallet set available = 61", {"ledger_balances", "overview_points"}),
    ("loyalty", "update wallet set held = 5", {"ledger_balances", "overview_points"}),
    ("loyalty", "update lot set remaining = 59", {"ledger_balances"}),
    (
        "loyalty",
        f"insert into hold (id, customer_id, points, state, placed_at, expires_at, parts) "
        f"values ('{CASE}', '{CUSTOMER}', 5, 'open', now(), now(), '[]')",
        {"hold_timers", "holds_end", "ledger_balances"},
    ),
    ("loyalty", f"update entry set points = 41 where id = '{TAKEN}'", {"entry_balances", "ledger_announced"}),
    # tiers
    (
        "tiering",
        "update tier_history set effective = '[2026-03-01T00:00Z, 2026-03-01T09:00Z)' where tier = 'lead'",
        {"tier_history"},
    ),
    (
        "tiering",
        "update tier_history set effective = '[2026-03-02T10:00Z, 2026-03-05T00:00Z)' where tier = 'silver'",
        {"tier_history"},
    ),
    (
        "tiering",
        "drop index tier_history_one_open; alter table tier_history drop constraint tier_history_no_overlap; "
        "update tier_history set effective = '[2026-03-01T00:00Z,)' where tier = 'lead'",
        {"tier_history"},
    ),
    (
        "tiering",
        "update standing set tier = 'gold', rank = 2",
        {"tier_history", "tier_lives", "tiers_in_overview"},
    ),
    (
        "tiering",
        "update tier_history set superseded_at = now() where tier = 'lead'",
        {"tier_lives", "tiers_announced", "tiers_in_ledger", "tiers_in_complaint"},
    ),
    (
        "tiering",
        "update tier_history set tier = 'iron' where tier = 'lead'",
        {"tier_lives", "tiers_announced", "tiers_in_ledger", "tiers_in_complaint"},
    ),
    ("tiering", "update tier_history set kind = 'correction' where tier = 'silver'", {"tier_lives", "tiers_announced"}),
    ("loyalty", "update tier_copy set tier = 'gold' where tier = 'silver'", {"tiers_in_ledger"}),
    ("loyalty", "update tier_copy set tier = 'gold' where tier = 'lead'", {"tiers_in_ledger"}),
    ("loyalty", "update tier_copy set effective_from = '2026-03-01T00:01Z' where tier = 'lead'", {"tiers_in_ledger"}),
    ("loyalty", "delete from tier_copy where tier = 'lead'", {"tiers_in_ledger"}),
    ("loyalty", f"insert into tier_copy values ('{CUSTOMER}', '2026-03-01T12:00Z', 'gold')", {"tiers_in_ledger"}),
    ("complaint", "update tier_copy set tier = 'lead', rank = 0 where tier = 'silver'", {"tiers_in_complaint"}),
    ("complaint", "update tier_copy set tier = 'gold' where tier = 'lead'", {"tiers_in_complaint"}),
    (
        "complaint",
        "update tier_copy set effective_from = '2026-03-01T00:01Z' where tier = 'lead'",
        {"tiers_in_complaint"},
    ),
    ("complaint", "delete from tier_copy where tier = 'lead'", {"tiers_in_complaint"}),
    (
        "complaint",
        f"insert into tier_copy values ('{CUSTOMER}', '2026-03-01T12:00Z', 'gold', 2)",
        {"tiers_in_complaint"},
    ),
    # cases
    ("complaint", f"update complaint_case set status = 'acknowledged' where id = '{CASE}'", {"case_histories"}),
    ("complaint", "delete from case_step where number = 2", {"cases_announced", "deadlines_judged", "case_histories"}),
    (
        "complaint",
        "update case_step set outcome = 'x' where number = 4",
        {"case_rows", "cases_announced", "case_histories"},
    ),
    (
        "complaint",
        f"update case_step set at = '2026-01-01' where number = 4 and case_id = '{CASE}'",
        {"case_rows", "cases_announced", "case_histories"},
    ),
    ("complaint", "update case_step set round = 2 where number = 4", {"case_histories"}),
    ("complaint", "update deadline set calendar_rules_version = 7", {"deadlines_name_their_rules"}),
    # the overview
    ("profile", "update overview set orders_count = 2", {"overview_orders"}),
    ("profile", "update overview set revenue_total = 100.01", {"overview_orders"}),
    ("profile", "update overview set returns_count = 0", {"overview_returns"}),
    ("profile", "update overview set points_balance = 100", {"overview_points"}),
    ("profile", "update overview set open_cases = 0", {"overview_cases", "overview_counted"}),
    ("profile", "update overview set outstanding_amount = 80", {"overview_owed", "overview_counted"}),
    ("profile", "update overview set tier = 'lead'", {"tiers_in_overview"}),
    ("profile", "update overview set account_manager = null", {"overview_managers"}),
    (
        "profile",
        "delete from overview",
        {
            "overview_orders",
            "overview_returns",
            "overview_points",
            "overview_cases",
            "overview_counted",
            "overview_owed",
            "overview_managers",
            "tiers_in_overview",
        },
    ),
]


@pytest.mark.parametrize(("service", "fault", "codes"), FAULTS, ids=[f"{i}-{f[1][:40]}" for i, f in enumerate(FAULTS)])
async def test_a_fault_breaks_its_invariants_and_no_others(sound: Five, service: str, fault: str, codes: set[str]):
    undo = CONSTRAINTS.get(fault)
    try:
        await sound.run(service, fault)
        assert await sound.broken() == codes
    finally:
        if undo:
            await sound.run(service, undo)


CONSTRAINTS = {
    fault: {
        "tiering": "delete from tier_history; "
        "create unique index tier_history_one_open on tier_history (customer_id) "
        "where superseded_at is null and upper_inf(effective); "
        "alter table tier_history add constraint tier_history_no_overlap exclude using gist "
        "(customer_id with =, effective with &&) where (superseded_at is null)",
    }[service]
    for service, fault, _ in FAULTS
    if "drop constraint" in fault
}


async def test_the_tails_that_were_announced_are_the_history_in_force_and_no_others(sound: Five):
    await sound.announce(row_changed(CUSTOMER, OLD_CHANGE, "lead", 0, AT))
    assert await sound.broken() == {"tiers_announced"}, "a later tail took the place of silver"
    await sound.announce(row_changed(CUSTOMER, CHANGE, "silver", 1, AT))
    assert await sound.broken() == set(), "a tail said again, as the history has it"
    await sound.run(
        "tiering",
        """update tier_history set superseded_at = now() where tier = 'lead';
           insert into tier_history (id, customer_id, previous_tier, tier, rank, kind, effective, recorded_at,
                                     known_from, policy_id, policy_version, reasons)
           select gen_random_uuid(), customer_id, previous_tier, tier, rank, kind, effective, now(), now(), policy_id,
                  policy_version, '{"because": "otherwise"}' from tier_history where tier = 'lead'""",
    )
    assert await sound.broken() == {"tier_lives"}, "a row made anew for its reasons alone is not announced"


# What entries say whose order is gone from beside them: the ledger by itself.
UNPOSTED = {"entry_causes", "lots_made", "orders_posted", "reversed_lines"}


async def test_a_hole_of_another_owners_topic_excuses_nothing(sound: Five):
    """The customer's stream at tiering has a hole; its order, its points and its cases are announced elsewhere."""
    for service in ("loyalty", "profile"):
        await sound.run(
            service,
            """insert into stream_hole (topic, key, seq, event_id, type, reason, dropped_at, dropped_by)
               values ('patron.tiering', $1, 1, $2, 'tiering.tier_changed.v1', 'unreadable', now(), 'ann')""",
            str(CUSTOMER),
            EVENT,
        )
    assert await sound.broken() == {"holes"}
    await sound.run("loyalty", "delete from order_points")
    await sound.run("profile", "update overview set orders_count = 2, points_balance = 1, open_cases = 0, tier = 'x'")
    broken = await sound.broken()
    assert broken - UNPOSTED == {"holes", "orders_in_ledger", "returns_in_ledger", "overview_orders", "overview_points",
                     "overview_counted", "overview_cases"}  # fmt: skip


async def test_an_order_whose_event_was_dropped_is_excused_because_the_hole_has_its_own_line(sound: Five):
    await sound.run("loyalty", "delete from order_points")
    await sound.run(
        "loyalty",
        """insert into stream_hole (topic, key, seq, event_id, type, reason, dropped_at, dropped_by)
           values ('patron.intake', $1, 1, $2, 'intake.order_placed.v1', 'unreadable', now(), 'ann')""",
        str(CUSTOMER),
        EVENT,
    )
    assert await sound.broken() - UNPOSTED == {"holes", "returns_in_ledger"}


async def test_the_report_counts_what_was_looked_at(sound: Five):
    assert (await sound.result("orders_in_ledger")).checked == 1
    assert (await sound.result("ledger_sums")).checked == 4
    await sound.run("loyalty", "update order_points set lines = $1", '[[1, "GROCERY", "70.00", 2]]')
    result = await sound.result("orders_in_ledger")
    assert "gateway has" in result.examples[0]
    assert f"amount={Decimal('70.00')}" in result.examples[0]
