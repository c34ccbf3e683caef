"""What wakes the gateway: every event it listens to, with its handler, and its jobs. It has no timers."""

from services.gateway.access.handlers import employees
from services.gateway.personal_data import PERSONAL_DATA
from services.gateway.references import handlers as references
from shared.customers import merges
from shared.erasure import Erasure
from shared.events import (
    CustomerRegistered,
    CustomersMerged,
    CustomersUnmerged,
    EmployeeChanged,
    ErasureRequested,
    IntakeDataErased,
)
from shared.jobs import Jobs
from shared.messaging import Subscriptions, Timers
from shared.people.copies import keep_people

subscriptions = Subscriptions()
subscriptions.on(CustomerRegistered, references.when_customers_are_registered_they_are_known)
subscriptions.copy("customers", references.keep_what_is_known).made_by(
    CustomerRegistered, references.know_registered_customers
)
# who is one with whom (P12)
the_merges = subscriptions.copy("merges", merges.forget_merges)
subscriptions.on(CustomersMerged, merges.when_customers_are_merged_keep_it, copy=the_merges)
subscriptions.on(CustomersUnmerged, merges.when_customers_are_unmerged_end_it, copy=the_merges)
erasure = Erasure(PERSONAL_DATA, IntakeDataErased)
subscriptions.on(ErasureRequested, erasure.when_erasures_are_requested_begin_them)

keep_people(subscriptions)
the_employees = subscriptions.copy("sign_ins", employees.forget_employees)
subscriptions.on(EmployeeChanged, employees.when_employees_change_know_who_signs_in, copy=the_employees)

timers = Timers()
jobs = Jobs(erasure.job_kinds)

background_jobs = (jobs.work_on_jobs, references.forget_offers_as_time_passes)
