"""What wakes loyalty: event -> handler, timer -> handler, background jobs."""

from services.loyalty_svc.handlers import earning, expiring, granting
from shared.events import (
    ComplaintResolved,
    CustomerIdentified,
    CustomerReferenceRegistered,
    CustomerRegistered,
    OrderCancelled,
    OrderPlaced,
    OrderReturned,
    TierChanged,
)
from shared.messaging import Subscriptions, Timers

subscriptions = Subscriptions()
subscriptions.lock_first(earning.lock_the_wallets_of_a_batch)
subscriptions.on(CustomerReferenceRegistered)(earning.when_customers_are_seen_know_them)
subscriptions.on(CustomerRegistered)(earning.when_customers_are_registered_know_them)
subscriptions.on(OrderPlaced)(earning.when_orders_are_placed_earn_points)
subscriptions.on(OrderReturned)(earning.when_orders_are_returned_take_back_their_share)
subscriptions.on(OrderCancelled)(earning.when_orders_are_cancelled_take_back_the_rest)
subscriptions.on(TierChanged)(earning.when_tiers_change_post_the_difference)
subscriptions.on(ComplaintResolved)(granting.when_a_complaint_is_resolved_grant_its_points)
subscriptions.on(CustomerIdentified)(granting.when_customers_are_identified_grant_what_their_cases_were_settled_with)

timers = Timers()
timers.on(expiring.HOLD_ENDS)(expiring.when_a_hold_ends_release_it)

background_jobs = (expiring.expire_lots_as_time_passes,)
