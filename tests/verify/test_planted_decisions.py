"""Faults of what tiering decides and of consents, planted one at a time into a system whose customers have lived."""

from tests.verify.planted import Fault, LivedSystem, each_of

FAULTS = [
    # policies, and what a person set
    Fault("no-policy-in-force", "tiering",
          "delete from rule_set_version where kind = 'tier-policies' and effective_to is null", {"tier_policies"}),
    Fault("simulation-that-nobody-noted", "tiering",
          "delete from rule_set_step where step = 'simulated'", {"tier_policies"}),
    Fault("noted-as-simulated-by-a-review", "tiering",
          "update rule_set_step set reference = (select run_id from evaluation_run where result <> 'simulated' limit 1)"
          " where step = 'simulated'", {"tier_policies"}),
    Fault("promise-forgotten-by-the-standing", "tiering",
          "update standing set promised_until = null where promised_until is not null", {"tier_privileges"}),
    Fault("promise-prolonged", "tiering",
          "update tier_privilege set until = until + interval '1 day' where kind = 'retention'", {"tier_privileges"}),
    Fault("override-deleted", "tiering", "delete from tier_privilege where kind = 'override'", {"tier_privileges"}),
    Fault("override-ended-and-still-on", "tiering",
          "update tier_privilege set ended_at = now(), ended_because = 'over' where kind = 'override'",
          {"tier_privileges"}),
    # reviews, simulations, back-tests
    Fault("mover-deleted", "tiering",
          "delete from evaluation_mover where outcome = 'placed'",
          {"reviews_counted"}),
    Fault("mover-of-another-outcome", "tiering",
          "update evaluation_mover set outcome = 'grace' where outcome <> 'grace'", {"reviews_counted"}),
    Fault("mover-counted-twice", "tiering",
          "update evaluation_run set outcomes = jsonb_set(outcomes, '{placed}', '99') where outcomes ? 'placed'",
          {"reviews_counted"}),
    Fault("applied-and-not-in-the-history", "tiering",
          "delete from tier_history where run_id in (select run_id from evaluation_mover where applied)",
          {"reviews_applied"}),
    Fault("simulation-counts-another-twice", "tiering",
          "update evaluation_cell set customers = customers + 1", {"simulations_counted"}),
    Fault("simulated-customer-lost", "tiering",
          "delete from evaluation_cell where run_id = (select id from job where kind = 'simulation')",
          {"simulations_counted"}),
    Fault("month-of-a-back-test-counts-another-twice", "tiering",
          "update back_test_cell set customers = customers + 1", {"back_tests_counted"}),
    # risks, values
    Fault("risk-never-announced", "tiering",
          "insert into risk_flag (flag_id, customer_id, risk, source, evidence, reason, raised_by, raised_at, until) "
          "select gen_random_uuid(), customer_id, 'profit', source, evidence, 'x', 'x', now(), until "
          "from risk_flag where source = 'hand'",
          {"risk_flags", "risk_flags_in_overview"}),
    Fault("risk-raised-by-a-rule-for-no-key-account", "tiering",
          "update risk_flag set source = 'rule', rule = 'x', customer_id = (select customer_id from standing "
          "where customer_id not in (select customer_id from account_class) limit 1)",
          {"risk_flags", "risk_flags_in_overview"}),
    Fault("risk-deleted", "tiering", "delete from risk_flag", {"risk_flags", "risk_flags_in_overview"}),
    Fault("value-of-a-customer-nobody-counted", "tiering",
          "insert into lifetime_value (run_id, customer_id, frequency, recency_days, age_days) "
          "select run_id, gen_random_uuid(), 1, 1, 1 from lifetime_value_run", {"lifetime_value_runs"}),
    Fault("sum-of-values-altered", "tiering", "update lifetime_value_run set revenue = revenue + 1",
          {"lifetime_value_runs"}),
    # a settlement taken back
    Fault("withdrawal-never-announced", "loyalty", "delete from outbox where type = 'loyalty.settlement_withdrawn.v1'",
          {"withdrawals_announced"}),
    Fault("more-withdrawn-than-announced", "loyalty", "update settlement_move set points = points + 1",
          {"withdrawals_announced", "withdrawals_in_overview"}),
    Fault("withdrawal-shown-of-another", "profile", "update overview set settlement_withdrawn_points = 7, "
          "settlement_withdrawn_at = now() where settlement_withdrawn_at is null", {"withdrawals_in_overview"}),
    # consents, answers about a case
    Fault("consent-turned-round", "profile", "update consent set granted = not granted", {"consents_announced"}),
    Fault("consent-for-another-channel", "profile", "update consent set channel = 'call' where granted",
          {"consents_announced"}),
    Fault("consent-of-a-contact", "profile", "update consent set contact_id = gen_random_uuid()",
          {"consents_announced"}),
    Fault("withdrawal-deleted", "profile", "delete from consent where not granted", {"consents_announced"}),
    Fault("consent-never-announced", "profile",
          "insert into consent select gen_random_uuid(), customer_id, 'marketing', 'call', true, now(), now(), 'form', "
          "'x' from consent limit 1", {"consents_announced"}),
    Fault("customer-was-more-content", "complaint",
          "update complaint_case set satisfaction = 5 where satisfaction = 4",
          {"satisfaction_in_profile"}),
    Fault("answer-lost-in-profile", "profile", "update case_copy set satisfaction = null, satisfied_at = null "
          "where satisfaction is not null", {"satisfaction_in_profile", "overview_counted"}),
]  # fmt: skip


@each_of(FAULTS)
async def test_a_fault_is_found(customers: LivedSystem, fault: Fault) -> None:
    assert await customers.broken_by(fault, only=fault.codes) == fault.codes
