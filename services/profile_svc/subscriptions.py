"""What wakes profile: event -> handler. It has no timers and no background jobs."""

from services.profile_svc.files.handlers.stubs import when_references_are_registered_open_stubs
from services.profile_svc.overview import handlers as events
from shared.events import (
    ComplaintAcknowledged,
    ComplaintClosed,
    ComplaintFiled,
    ComplaintJudged,
    ComplaintReopened,
    ComplaintResolved,
    CustomerIdentified,
    CustomerReferenceRegistered,
    DeadlineBreached,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    OrderReturned,
    PaymentReceived,
    PointsPosted,
    ReceivableIssued,
    SettlementProposed,
    TierChanged,
    WarningClosed,
    WarningEscalated,
    WarningRaised,
)
from shared.messaging import Subscriptions, Timers

subscriptions = Subscriptions(lock_first=events.lock_the_overviews_of_a_batch)
timers = Timers()

subscriptions.leave_out(OrderPlaced, "lines")

# files
subscriptions.on(CustomerReferenceRegistered, when_references_are_registered_open_stubs)

# the overview: orders and money
subscriptions.on(OrderPlaced, events.when_orders_are_placed_add_them_up)
subscriptions.on(OrderReturned, events.when_orders_are_returned_add_up_what_came_back)
subscriptions.on(OrderCancelled, events.when_orders_are_cancelled_add_up_what_was_called_off)
subscriptions.on(OrderDelivered, events.when_orders_are_delivered_remember_the_last)
subscriptions.on(ReceivableIssued, events.when_receivables_are_issued_sum_up_what_is_owed)
subscriptions.on(PaymentReceived, events.when_payments_are_received_sum_up_what_is_owed)

# the overview: tiers, points, warnings
subscriptions.on(TierChanged, events.when_tiers_change_show_the_last)
subscriptions.on(PointsPosted, events.when_points_are_posted_show_the_balance_after)
subscriptions.on(WarningRaised, events.when_warnings_are_raised_or_get_worse_show_them)
subscriptions.on(WarningEscalated, events.when_warnings_are_raised_or_get_worse_show_them)
subscriptions.on(WarningClosed, events.when_warnings_are_closed_show_them_no_more)

# the overview: cases
subscriptions.on(ComplaintFiled, events.when_cases_change_count_them_again)
subscriptions.on(ComplaintAcknowledged, events.when_cases_change_count_them_again)
subscriptions.on(ComplaintJudged, events.when_cases_change_count_them_again)
subscriptions.on(SettlementProposed, events.when_cases_change_count_them_again)
subscriptions.on(ComplaintResolved, events.when_cases_change_count_them_again)
subscriptions.on(ComplaintClosed, events.when_cases_change_count_them_again)
subscriptions.on(ComplaintReopened, events.when_cases_change_count_them_again)
subscriptions.on(CustomerIdentified, events.when_cases_change_count_them_again)
subscriptions.on(DeadlineBreached, events.when_cases_change_count_them_again)
