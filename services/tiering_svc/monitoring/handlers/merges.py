"""What becomes of the early warnings of a customer for whom another one stands (P12, T12)."""

from collections.abc import Sequence

from services.tiering_svc.monitoring.domain.warning import EarlyWarning, WarningChange, end_by_merge, raise_again
from services.tiering_svc.monitoring.handlers.warnings import closed_event, raised_event
from services.tiering_svc.monitoring.repository import warnings
from shared.customers import list_roots
from shared.events import CustomersMerged, CustomersUnmerged
from shared.messaging import Transaction, announce, new_id


async def when_customers_are_merged_close_the_warnings_of_the_absorbed(
    tx: Transaction, merged: Sequence[CustomersMerged]
) -> None:
    """The root is warned of by the facts of all at the next sweep. A merge that is undone already closes nothing."""
    roots = await list_roots(tx, [event.absorbed_id for event in merged])
    absorbed = [customer_id for customer_id, root_id in roots.items() if root_id != customer_id]
    ended: list[EarlyWarning] = []
    changes: list[WarningChange] = []
    for by_cause in (await warnings.load_lasting(tx, absorbed)).values():
        for warning in by_cause.values():
            closed, change = end_by_merge(warning, tx.at, new_id())
            ended.append(closed)
            changes.append(change)
    await warnings.save_warnings(tx, ended)
    await warnings.add_changes(tx, changes)
    closed_now = {change.warning_id for change in changes if change.kind == "closed"}
    announce(tx, [closed_event(warning) for warning in ended if warning.warning_id in closed_now])


async def when_customers_are_unmerged_raise_their_warnings_again(
    tx: Transaction, undone: Sequence[CustomersUnmerged]
) -> None:
    """What had been closed because of the merge comes back; the next sweep decides whether its cause lasts."""
    roots = await list_roots(tx, [event.absorbed_id for event in undone])
    alone = [customer_id for customer_id, root_id in roots.items() if root_id == customer_id]
    again = [raise_again(w, tx.at, new_id(), new_id()) for w in await warnings.load_merged_away(tx, alone)]
    await warnings.save_warnings(tx, [warning for warning, _ in again])
    await warnings.add_changes(tx, [change for _, change in again])
    announce(tx, [raised_event(warning) for warning, _ in again])
