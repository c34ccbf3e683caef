"""What wakes profile: event -> handler. It has no timers and no background jobs."""

from services.profile_svc.files.handlers import stubs
from services.profile_svc.overview import handlers as overview
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
    WarningEased,
    WarningEscalated,
    WarningRaised,
)
from shared.messaging import Subscriptions, Timers

timers = Timers()
subscriptions = Subscriptions(lock_first=overview.lock_the_overviews_of_a_batch)
subscriptions.leave_out(OrderPlaced, "lines")

# files
subscriptions.on(CustomerReferenceRegistered, stubs.when_references_are_registered_open_stubs)

# the overview: orders and money
subscriptions.on(OrderPlaced, overview.when_orders_are_placed_add_them_up)
subscriptions.on(OrderReturned, overview.when_orders_are_returned_add_up_what_came_back)
subscriptions.on(OrderCancelled, overview.when_orders_are_cancelled_add_up_what_was_called_off)
subscriptions.on(OrderDelivered, overview.when_orders_are_delivered_remember_the_last)
subscriptions.on(ReceivableIssued, overview.when_receivables_are_issued_sum_up_what_is_owed)
subscriptions.on(PaymentReceived, overview.when_payments_are_received_sum_up_what_is_owed)

# the overview: tiers, points, warnings
subscriptions.on(TierChanged, overview.when_tiers_change_show_the_last)
subscriptions.on(PointsPosted, overview.when_points_are_posted_show_the_balance_after)
subscriptions.on(WarningRaised, overview.when_warnings_are_raised_or_change_show_them)
subscriptions.on(WarningEscalated, overview.when_warnings_are_raised_or_change_show_them)
subscriptions.on(WarningEased, overview.when_warnings_are_raised_or_change_show_them)
subscriptions.on(WarningClosed, overview.when_warnings_are_closed_show_them_no_more)

# the overview: cases
subscriptions.on(ComplaintFiled, overview.when_cases_change_count_them_again)
subscriptions.on(ComplaintAcknowledged, overview.when_cases_change_count_them_again)
subscriptions.on(ComplaintJudged, overview.when_cases_change_count_them_again)
subscriptions.on(SettlementProposed, overview.when_cases_change_count_them_again)
subscriptions.on(ComplaintResolved, overview.when_cases_change_count_them_again)
subscriptions.on(ComplaintClosed, overview.when_cases_change_count_them_again)
subscriptions.on(ComplaintReopened, overview.when_cases_change_count_them_again)
subscriptions.on(CustomerIdentified, overview.when_cases_change_count_them_again)
subscriptions.on(DeadlineBreached, overview.when_cases_change_count_them_again)
