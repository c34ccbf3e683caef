"""What wakes profile: event -> handler, job -> step, background work. It has no timers."""

from services.profile_svc.erasure import handlers as erasures
from services.profile_svc.exports import handlers as exports
from services.profile_svc.files.handlers import stubs
from services.profile_svc.imports.handlers import reversals
from services.profile_svc.imports.handlers import steps as import_steps
from services.profile_svc.imports.schemas import read_row_content
from services.profile_svc.messages import handlers as messages
from services.profile_svc.overview import handlers as overview
from services.profile_svc.person_exports import handlers as person_exports
from services.profile_svc.personal_data import PERSONAL_DATA
from shared.erasure import Erasure
from shared.events import (
    ComplaintAcknowledged,
    ComplaintClosed,
    ComplaintDataErased,
    ComplaintFiled,
    ComplaintJudged,
    ComplaintReopened,
    ComplaintResolved,
    CustomerExcluded,
    CustomerExclusionEnded,
    CustomerIdentified,
    CustomerReferenceRegistered,
    CustomerReferenceRemoved,
    CustomerStageChanged,
    DeadlineBreached,
    IntakeDataErased,
    KeyAccountApproved,
    KeyAccountEnded,
    LoyaltyDataErased,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    OrderReturned,
    PaymentReceived,
    PointsPosted,
    ProfileDataErased,
    ReceivableIssued,
    RiskFlagCleared,
    RiskFlagRaised,
    SatisfactionAnswered,
    SatisfactionMeasured,
    SettlementProposed,
    SettlementWithdrawn,
    TierChanged,
    TieringDataErased,
    WarningClosed,
    WarningEased,
    WarningEscalated,
    WarningRaised,
)
from shared.files import sweep_files_as_time_passes
from shared.jobs import Jobs
from shared.messaging import Subscriptions, Timers

timers = Timers()
subscriptions = Subscriptions(lock_first=overview.lock_the_overviews_of_a_batch)
subscriptions.leave_out(OrderPlaced, "lines")
subscriptions.leave_out(OrderDelivered, "lines")

# files
subscriptions.on(CustomerReferenceRegistered, stubs.when_references_are_registered_open_stubs)
subscriptions.on(CustomerReferenceRemoved, stubs.when_the_last_reference_is_removed_forget_its_source)

# the overview: orders and money
the_overview = subscriptions.copy(
    "overview",
    overview.forget_overviews,
    keys_of=overview.list_keys_of_their_cases,
    complete=overview.name_their_account_managers,
    adds_up=True,
)
subscriptions.on(OrderPlaced, overview.when_orders_are_placed_add_them_up, copy=the_overview)
subscriptions.on(OrderReturned, overview.when_orders_are_returned_add_up_what_came_back, copy=the_overview)
subscriptions.on(OrderCancelled, overview.when_orders_are_cancelled_add_up_what_was_called_off, copy=the_overview)
subscriptions.on(OrderDelivered, overview.when_orders_are_delivered_remember_the_last, copy=the_overview)
subscriptions.on(ReceivableIssued, overview.when_receivables_are_issued_sum_up_what_is_owed, copy=the_overview)
subscriptions.on(PaymentReceived, overview.when_payments_are_received_sum_up_what_is_owed, copy=the_overview)

# the overview: tiers, points, warnings
subscriptions.on(TierChanged, overview.when_tiers_change_show_the_last, copy=the_overview)
subscriptions.on(PointsPosted, overview.when_points_are_posted_show_the_balance_after, copy=the_overview)
subscriptions.on(SettlementWithdrawn, overview.when_settlements_are_withdrawn_show_the_last, copy=the_overview)
subscriptions.on(WarningRaised, overview.when_warnings_are_raised_or_change_show_them, copy=the_overview)
subscriptions.on(WarningEscalated, overview.when_warnings_are_raised_or_change_show_them, copy=the_overview)
subscriptions.on(WarningEased, overview.when_warnings_are_raised_or_change_show_them, copy=the_overview)
subscriptions.on(WarningClosed, overview.when_warnings_are_closed_show_them_no_more, copy=the_overview)

# the overview: what tiering finds beside the tier
subscriptions.on(KeyAccountApproved, overview.when_classes_begin_show_them, copy=the_overview)
subscriptions.on(KeyAccountEnded, overview.when_classes_end_show_them_no_more, copy=the_overview)
subscriptions.on(CustomerExcluded, overview.when_classes_begin_show_them, copy=the_overview)
subscriptions.on(CustomerExclusionEnded, overview.when_classes_end_show_them_no_more, copy=the_overview)
subscriptions.on(RiskFlagRaised, overview.when_risks_are_flagged_show_them, copy=the_overview)
subscriptions.on(RiskFlagCleared, overview.when_risks_are_cleared_show_them_no_more, copy=the_overview)
subscriptions.on(CustomerStageChanged, overview.when_stages_change_show_the_last, copy=the_overview)
subscriptions.on(SatisfactionMeasured, overview.when_satisfaction_is_measured_show_the_latest, copy=the_overview)

# the overview: cases
subscriptions.on(ComplaintFiled, overview.when_cases_change_count_them_again, copy=the_overview)
subscriptions.on(ComplaintAcknowledged, overview.when_cases_change_count_them_again, copy=the_overview)
subscriptions.on(ComplaintJudged, overview.when_cases_change_count_them_again, copy=the_overview)
subscriptions.on(SettlementProposed, overview.when_cases_change_count_them_again, copy=the_overview)
subscriptions.on(ComplaintResolved, overview.when_cases_change_count_them_again, copy=the_overview)
subscriptions.on(SatisfactionAnswered, overview.when_cases_change_count_them_again, copy=the_overview)
subscriptions.on(ComplaintClosed, overview.when_cases_change_count_them_again, copy=the_overview)
subscriptions.on(ComplaintReopened, overview.when_cases_change_count_them_again, copy=the_overview)
subscriptions.on(CustomerIdentified, overview.when_cases_change_count_them_again, copy=the_overview)
subscriptions.on(DeadlineBreached, overview.when_cases_change_count_them_again, copy=the_overview)
the_overview.moved_by(CustomerIdentified, overview.key_of_former_customer)

# messages to customers
subscriptions.on(ComplaintAcknowledged, messages.when_complaints_are_acknowledged_tell_their_customers)

# personal data: what others have erased, and what profile erases itself
subscriptions.on(IntakeDataErased, erasures.keep_receipts)
subscriptions.on(TieringDataErased, erasures.keep_receipts)
subscriptions.on(ComplaintDataErased, erasures.keep_receipts)
subscriptions.on(LoyaltyDataErased, erasures.keep_receipts)
erasure = Erasure(
    PERSONAL_DATA,
    ProfileDataErased,
    find_person=erasures.find_person,
    erase_person=erasures.erase_person_in_profile,
    finish=erasures.end_what_goes_on,
    clear=erasures.delete_bytes_of_erased_files,
)

jobs = Jobs(
    {
        **erasure.job_kinds,
        person_exports.KIND: person_exports.person_exports(PERSONAL_DATA),
        import_steps.KIND: import_steps.customer_imports(read_row_content),
        reversals.KIND: reversals.IMPORT_REVERSALS,
        exports.KIND: exports.CUSTOMER_EXPORTS,
    }
)
background_jobs = (jobs.work_on_jobs, sweep_files_as_time_passes)
