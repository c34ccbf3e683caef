"""What wakes complaint, at a glance: event -> handler, timer -> handler, background jobs."""

from services.complaint_svc.cases.handlers import case_contacts, deadline_timers, tier_changes
from services.complaint_svc.customers import handlers as customers
from services.complaint_svc.personal_data import PERSONAL_DATA
from shared.customers import merges
from shared.erasure import Erasure
from shared.events import (
    ComplaintDataErased,
    CustomerReferenceRegistered,
    CustomerRegistered,
    CustomersMerged,
    CustomersUnmerged,
    CustomerTraitsChanged,
    ErasureRequested,
    TierChanged,
)
from shared.jobs import Jobs
from shared.messaging import Subscriptions, Timers
from shared.people.copies import keep_people
from shared.people.sources import keep_sources

subscriptions = Subscriptions(lock_first=customers.lock_customers)
# who is one with whom (P12)
the_merges = subscriptions.copy("merges", merges.forget_merges)
subscriptions.on(CustomersMerged, merges.when_customers_are_merged_keep_it, copy=the_merges)
subscriptions.on(CustomersUnmerged, merges.when_customers_are_unmerged_end_it, copy=the_merges)
# whose customers they are, their tiers and their regions
the_customers = subscriptions.copy("customers", customers.forget_customers)
subscriptions.on(CustomerRegistered, customers.when_customers_are_registered_know_them, copy=the_customers)
subscriptions.on(CustomerReferenceRegistered, customers.when_references_are_registered_know_the_customers)
keep_sources(subscriptions)
keep_people(subscriptions)
subscriptions.on(CustomerTraitsChanged, customers.when_traits_change_keep_the_region, copy=the_customers)
subscriptions.on(TierChanged, customers.when_tiers_change_keep_a_copy, copy=the_customers)
subscriptions.on(TierChanged, tier_changes.when_tiers_change_shorten_open_deadlines)

erasure = Erasure(PERSONAL_DATA, ComplaintDataErased, erase_person=case_contacts.erase_case_contacts)
subscriptions.on(ErasureRequested, erasure.when_erasures_are_requested_begin_them)

timers = Timers()
timers.on("deadline_warning", deadline_timers.when_most_of_the_time_is_used_warn)
timers.on("deadline_breach", deadline_timers.when_deadlines_are_reached_record_breaches_and_escalate)
timers.on("deadline_escalation", deadline_timers.when_breaches_are_ignored_escalate_to_the_next_level)

jobs = Jobs(erasure.job_kinds)
background_jobs = (jobs.work_on_jobs,)
