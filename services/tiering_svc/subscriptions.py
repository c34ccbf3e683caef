"""What wakes tiering, at a glance: event -> handler, timer -> handler, background work."""

from services.tiering_svc.customers import handlers as customers
from services.tiering_svc.indicators.handlers import external_facts, payments
from services.tiering_svc.key_accounts.handlers import risk_flags
from services.tiering_svc.monitoring.handlers import back_tests as rule_back_tests
from services.tiering_svc.monitoring.handlers import class_sweeps, likelihood_models, sweeps
from services.tiering_svc.monitoring.handlers import merges as warnings_of_merged
from services.tiering_svc.personal_data import PERSONAL_DATA
from services.tiering_svc.retention.handlers import lifetime_values
from services.tiering_svc.reviews.handlers import back_tests, run_steps
from services.tiering_svc.schedules.handlers import due_runs
from services.tiering_svc.service_quality.handlers import assessments
from services.tiering_svc.tiers import handlers as tiers
from shared.customers import merges
from shared.erasure import Erasure
from shared.events import (
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReopened,
    ContactLogged,
    CustomerIdentified,
    CustomerReferenceRegistered,
    CustomerRegistered,
    CustomersMerged,
    CustomersUnmerged,
    CustomerTraitsChanged,
    DeadlineBreached,
    ErasureRequested,
    GroupParentChanged,
    NextStepCompleted,
    OrderCancelled,
    OrderPlaced,
    OrderReturned,
    PaymentReceived,
    ReceivableIssued,
    TieringDataErased,
)
from shared.jobs import Jobs
from shared.messaging import Subscriptions, Timers
from shared.people.copies import keep_people
from shared.people.sources import keep_sources

subscriptions = Subscriptions(lock_first=customers.lock_the_customers_of_a_batch)
# who is one with whom (P12)
the_merges = subscriptions.copy("merges", merges.forget_merges)
subscriptions.on(CustomersMerged, merges.when_customers_are_merged_keep_it, copy=the_merges)
subscriptions.on(CustomersUnmerged, merges.when_customers_are_unmerged_end_it, copy=the_merges)
# who is known, whose they are, who looks after them
the_customers = subscriptions.copy("customers", customers.forget_files)
subscriptions.on(CustomerRegistered, customers.when_customers_are_registered_know_them, copy=the_customers)
subscriptions.on(CustomerReferenceRegistered, customers.when_references_are_registered_know_the_customers)
keep_sources(subscriptions)
keep_people(subscriptions)
# what tiers follow from
subscriptions.on(OrderPlaced, tiers.when_orders_are_placed_reassess_tiers)
subscriptions.on(OrderReturned, tiers.when_orders_are_returned_correct_what_stood_on_them)
subscriptions.on(OrderCancelled, tiers.when_orders_are_cancelled_correct_what_stood_on_them)
# facts that indicators read, and with them policies that look at more than orders
the_money = subscriptions.copy("money", payments.forget_money)
the_facts = subscriptions.copy(
    "external_facts", external_facts.forget_external_facts, keys_of=external_facts.list_keys_of_their_cases
)
subscriptions.on(ReceivableIssued, payments.when_receivables_are_issued_keep_them, copy=the_money)
subscriptions.on(ReceivableIssued, tiers.when_money_is_known_late_grade_again)
subscriptions.on(PaymentReceived, payments.when_payments_are_received_keep_them, copy=the_money)
subscriptions.on(PaymentReceived, tiers.when_money_is_known_late_grade_again)
subscriptions.on(ContactLogged, external_facts.when_contacts_are_logged_keep_them, copy=the_facts)
subscriptions.on(ContactLogged, tiers.when_contacts_are_known_late_grade_again)
subscriptions.on(NextStepCompleted, external_facts.when_next_steps_are_completed_keep_when, copy=the_facts)
subscriptions.on(NextStepCompleted, tiers.when_contacts_are_known_late_grade_again)
subscriptions.on(ComplaintFiled, external_facts.when_complaints_are_filed_keep_them, copy=the_facts)
subscriptions.on(ComplaintFiled, tiers.when_cases_are_known_late_grade_again)
subscriptions.on(
    CustomerIdentified, external_facts.when_customers_are_identified_know_whose_cases_they_are, copy=the_facts
)
the_facts.moved_by(CustomerIdentified, external_facts.key_of_former_customer)
subscriptions.on(CustomerIdentified, tiers.when_cases_are_known_late_grade_again)
subscriptions.on(ComplaintClosed, external_facts.when_complaints_are_closed_keep_how, copy=the_facts)
subscriptions.on(ComplaintClosed, tiers.when_cases_are_known_late_grade_again)
subscriptions.on(ComplaintReopened, external_facts.when_complaints_are_reopened_keep_that, copy=the_facts)
subscriptions.on(ComplaintReopened, tiers.when_cases_are_known_late_grade_again)
subscriptions.on(CustomerTraitsChanged, external_facts.when_traits_change_keep_them_beside_the_earlier, copy=the_facts)
subscriptions.on(CustomerTraitsChanged, tiers.when_traits_are_known_late_grade_again)
subscriptions.on(GroupParentChanged, external_facts.when_group_parents_change_keep_both, copy=the_facts)
subscriptions.on(GroupParentChanged, tiers.when_group_parents_change_grade_their_heads)
subscriptions.on(CustomersMerged, tiers.when_customers_become_one_or_two_again_decide_anew)
subscriptions.on(CustomersUnmerged, tiers.when_customers_become_one_or_two_again_decide_anew)

# warnings and assessments
subscriptions.on(CustomersMerged, warnings_of_merged.when_customers_are_merged_close_the_warnings_of_the_absorbed)
subscriptions.on(CustomersUnmerged, warnings_of_merged.when_customers_are_unmerged_raise_their_warnings_again)
subscriptions.on(DeadlineBreached, assessments.when_deadlines_are_missed_remember_it)

# personal data
erasure = Erasure(PERSONAL_DATA, TieringDataErased)
subscriptions.on(ErasureRequested, erasure.when_erasures_are_requested_begin_them)

timers = Timers()
timers.on("override_end", tiers.when_overrides_end_grade_anew)
timers.on(risk_flags.RISK_END, risk_flags.when_flags_set_by_hand_reach_their_end_clear_them)

jobs = Jobs(
    {
        "review": run_steps.EVALUATION_RUNS,
        "simulation": run_steps.EVALUATION_RUNS,
        "policy_back_test": back_tests.POLICY_BACK_TESTS,
        "lifetime_values": lifetime_values.LIFETIME_VALUE_RUNS,
        "risk_sweep": risk_flags.RISK_SWEEPS,
        "warning_sweep": sweeps.WARNING_SWEEPS,
        "class_sweep": class_sweeps.CLASS_SWEEPS,
        "warning_back_test": rule_back_tests.WARNING_BACK_TESTS,
        "likelihood_model": likelihood_models.LIKELIHOOD_MODELS,
        "assessment": due_runs.SCHEDULED_ASSESSMENTS,  # and its looks request what is due of every kind
        **erasure.job_kinds,
    }
)

background = [jobs.work_on_jobs]
