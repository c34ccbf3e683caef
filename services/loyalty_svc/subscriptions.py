"""What wakes loyalty: event -> handler, timer -> handler, background jobs."""

from services.loyalty_svc.earning import handlers as earning
from services.loyalty_svc.expiry import handlers as expiry
from services.loyalty_svc.ledger import handlers as ledger
from services.loyalty_svc.personal_data import PERSONAL_DATA
from services.loyalty_svc.redemptions import handlers as redemptions
from services.loyalty_svc.settlements import handlers as settlements
from shared.customers import merges
from shared.erasure import Erasure
from shared.events import (
    ComplaintResolved,
    CustomerIdentified,
    CustomerReferenceRegistered,
    CustomerRegistered,
    CustomersMerged,
    CustomersUnmerged,
    ErasureRequested,
    LoyaltyDataErased,
    OrderCancelled,
    OrderPlaced,
    OrderReturned,
    TierChanged,
)
from shared.jobs import Jobs
from shared.messaging import Subscriptions, Timers
from shared.people.copies import keep_people
from shared.people.sources import keep_sources

subscriptions = Subscriptions(lock_first=settlements.lock_wallets_of_batch)
# who is one with whom (P12)
the_merges = subscriptions.copy("merges", merges.forget_merges)
subscriptions.on(CustomersMerged, merges.when_customers_are_merged_keep_it, copy=the_merges)
subscriptions.on(CustomersUnmerged, merges.when_customers_are_unmerged_end_it, copy=the_merges)
# wallets, and what is posted to them
subscriptions.on(CustomerReferenceRegistered, ledger.when_references_are_registered_open_wallets)
keep_sources(subscriptions)
keep_people(subscriptions)
subscriptions.on(CustomerRegistered, ledger.when_customers_are_registered_open_wallets)
subscriptions.on(OrderPlaced, earning.when_orders_are_placed_earn_points)
subscriptions.on(OrderReturned, earning.when_orders_are_returned_reverse_their_share)
subscriptions.on(OrderCancelled, earning.when_orders_are_cancelled_reverse_the_rest)
subscriptions.on(TierChanged, earning.when_tiers_change_post_the_difference)
subscriptions.copy("tiers", earning.forget_tiers).made_by(TierChanged, earning.copy_tiers)
subscriptions.on(ComplaintResolved, settlements.when_complaints_are_resolved_grant_their_points)
subscriptions.on(CustomerIdentified, settlements.when_customers_are_identified_move_their_settlements)

erasure = Erasure(PERSONAL_DATA, LoyaltyDataErased)
subscriptions.on(ErasureRequested, erasure.when_erasures_are_requested_begin_them)

timers = Timers()
timers.on(redemptions.HOLD_ENDS, redemptions.when_holds_end_release_them)

jobs = Jobs(erasure.job_kinds)
background_jobs = (expiry.expire_lots_as_time_passes, jobs.work_on_jobs)
