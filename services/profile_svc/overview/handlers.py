"""The overview is kept from the events of all services (G3): each batch adds to the rows of its customers."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.profile_svc.files.repository import customer_files
from services.profile_svc.overview.domain.cases import fold_cases, former_customers
from services.profile_svc.overview.domain.standing import (
    fold_cleared_risks,
    fold_ended_classes,
    fold_opened_classes,
    fold_raised_risks,
    latest_of_each,
    latest_withdrawals,
)
from services.profile_svc.overview.domain.totals import (
    fold_deliveries,
    fold_orders,
    fold_receivables,
    fold_reversals,
    last_of_each,
)
from services.profile_svc.overview.domain.warnings import fold_closed_warnings, fold_open_warnings
from services.profile_svc.overview.repository import combined, copies, overview
from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.events import (
    CustomerExcluded,
    CustomerExclusionEnded,
    CustomerIdentified,
    CustomerStageChanged,
    KeyAccountApproved,
    KeyAccountEnded,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    OrderReturned,
    PaymentReceived,
    PointsPosted,
    ReceivableIssued,
    RiskFlagCleared,
    RiskFlagRaised,
    SatisfactionMeasured,
    SettlementWithdrawn,
    TierChanged,
    WarningClosed,
    WarningEased,
    WarningEscalated,
    WarningRaised,
)
from shared.events.complaint import CaseEvent
from shared.messaging import Transaction, ids_in


async def read_combined_overview(
    tx: Transaction, customer_id: UUID, actor: Actor, today: date, noted: Collection[UUID]
) -> dict[str, Any]:
    """The overview of a merged customer (P12), of all its members that the actor may see; 404 when there are none.

    `noted`: whose line is in the access trail already.
    """
    file = await customer_files.get_file(tx, customer_id, actor)
    await add_access(tx, actor, "overview", [id for id in file.members if id not in noted])
    return await combined.load_combined_overview(tx, file, today)


async def lock_the_overviews_of_a_batch(tx: Transaction, keys: Sequence[str]) -> None:
    """All rows of the batch in one order, so that two batches never wait for each other."""
    await overview.lock_overviews(tx, ids_in(keys))


async def forget_overviews(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away the rows of these customers, and the copies of their cases and receivables."""
    await copies.delete_copies(tx, ids_in(keys))


async def list_keys_of_their_cases(tx: Transaction, keys: Sequence[str]) -> list[str]:
    """The cases' own keys: facts from before their customers were identified came under those."""
    return [str(case_id) for case_id in await copies.list_cases(tx, ids_in(keys))]


def key_of_former_customer(event: CustomerIdentified) -> str | None:
    """Under whose key the case's facts came until it turned out to be another's (C1)."""
    return None if event.previous_customer_id is None else str(event.previous_customer_id)


async def name_their_account_managers(tx: Transaction, keys: Sequence[str]) -> None:
    """Who looks after a customer is profile's own fact (P5)."""
    await overview.write_account_managers(tx, ids_in(keys))


async def when_orders_are_placed_add_them_up(tx: Transaction, orders: Sequence[OrderPlaced]) -> None:
    """Count, sum, first and last order grow by the batch."""
    await overview.save_orders(tx, fold_orders(orders))


async def when_orders_are_returned_add_up_what_came_back(tx: Transaction, returns: Sequence[OrderReturned]) -> None:
    """Returns are counted and summed beside the orders, whose own sum stays."""
    await overview.save_returns(tx, fold_reversals(returns))


async def when_orders_are_cancelled_add_up_what_was_called_off(
    tx: Transaction, cancelled: Sequence[OrderCancelled]
) -> None:
    """Cancellations are counted and summed beside the orders, whose own sum stays."""
    await overview.save_cancellations(tx, fold_reversals(cancelled))


async def when_orders_are_delivered_remember_the_last(tx: Transaction, deliveries: Sequence[OrderDelivered]) -> None:
    """The latest delivery counts, whatever order they are told in."""
    await overview.save_deliveries(tx, fold_deliveries(deliveries))


async def when_receivables_are_issued_sum_up_what_is_owed(tx: Transaction, issued: Sequence[ReceivableIssued]) -> None:
    """Each receivable is copied, and what is owed summed up again for its customer."""
    await copies.save_receivables(tx, fold_receivables(issued))


async def when_payments_are_received_sum_up_what_is_owed(tx: Transaction, payments: Sequence[PaymentReceived]) -> None:
    """A payment says what is left of its receivable; what is owed is summed up again for its customer."""
    await copies.save_receivables(tx, fold_receivables(payments))


async def when_tiers_change_show_the_last(tx: Transaction, changes: Sequence[TierChanged]) -> None:
    """The last change decided is the tier now, whatever its kind; a correction too."""
    await overview.save_tiers(tx, last_of_each(changes))


async def when_points_are_posted_show_the_balance_after(tx: Transaction, posted: Sequence[PointsPosted]) -> None:
    """The last posting of a batch says the balance."""
    await overview.save_points(tx, last_of_each(posted))


async def when_warnings_are_raised_or_change_show_them(
    tx: Transaction, warned: Sequence[WarningRaised | WarningEscalated | WarningEased]
) -> None:
    """Each open warning stands on the overview as its last event says it."""
    await overview.save_open(tx, "open_warnings", fold_open_warnings(warned))


async def when_warnings_are_closed_show_them_no_more(tx: Transaction, closed: Sequence[WarningClosed]) -> None:
    """A closed warning leaves the overview."""
    await overview.save_ended(tx, "open_warnings", fold_closed_warnings(closed))


async def when_classes_begin_show_them(
    tx: Transaction, begun: Sequence[KeyAccountApproved | CustomerExcluded]
) -> None:  # fmt: skip
    """A key account, or an excluded customer, is shown as such until that ends."""
    await overview.save_open(tx, "account_classes", fold_opened_classes(begun))


async def when_classes_end_show_them_no_more(
    tx: Transaction, ended: Sequence[KeyAccountEnded | CustomerExclusionEnded]
) -> None:
    """What ends leaves the overview, by its nomination: the one that took its place stays."""
    await overview.save_ended(tx, "account_classes", fold_ended_classes(ended))


async def when_risks_are_flagged_show_them(tx: Transaction, raised: Sequence[RiskFlagRaised]) -> None:
    """Each flag that is up stands on the overview."""
    await overview.save_open(tx, "risk_flags", fold_raised_risks(raised))


async def when_risks_are_cleared_show_them_no_more(tx: Transaction, cleared: Sequence[RiskFlagCleared]) -> None:
    """A flag that came down leaves the overview."""
    await overview.save_ended(tx, "risk_flags", fold_cleared_risks(cleared))


async def when_stages_change_show_the_last(tx: Transaction, changes: Sequence[CustomerStageChanged]) -> None:
    """The stage that the last sweep found; sweeps do not go back in time."""
    await overview.save_stages(tx, last_of_each(changes))


async def when_satisfaction_is_measured_show_the_latest(
    tx: Transaction, answers: Sequence[SatisfactionMeasured]
) -> None:
    """The latest answer counts, whatever order they are told in."""
    await overview.save_satisfaction(tx, latest_of_each(answers))


async def when_settlements_are_withdrawn_show_the_last(
    tx: Transaction, withdrawn: Sequence[SettlementWithdrawn]
) -> None:
    """Points were taken back, because their case is another's: who calls may ask why."""
    await overview.save_withdrawals(tx, latest_withdrawals(withdrawn))


async def when_cases_change_count_them_again(tx: Transaction, facts: Sequence[CaseEvent]) -> None:
    """What is open and what is overdue, from a copy of each case that takes its facts in any order; also for whom
    a case was taken for another's until now."""
    await copies.save_cases(tx, fold_cases(facts), former_customers(facts))
