"""What people do with an early warning, and whose it is when the account manager changes (T12)."""

from collections.abc import Sequence
from uuid import UUID

from services.tiering_svc.monitoring.domain.warning import (
    EarlyWarning,
    WarningChange,
    WarningWork,
    acknowledge,
    close,
    hand_over,
    work_on,
)
from services.tiering_svc.monitoring.repository import warnings
from shared.events import TeamMemberAssigned, WarningClosed
from shared.messaging import Transaction, announce, new_id


async def acknowledge_warning(tx: Transaction, warning_id: UUID, by: str) -> EarlyWarning:
    """Somebody has seen it."""
    warning = await warnings.load_warning(tx, warning_id)
    return await _save(tx, acknowledge(warning, by, tx.at, new_id()))


async def take_a_step(tx: Transaction, warning_id: UUID, step: str, note: str | None, by: str) -> EarlyWarning:
    """Somebody has done something about it: a call, a visit, an offer."""
    warning = await warnings.load_warning(tx, warning_id)
    return await _save(tx, work_on(warning, step, note, by, tx.at, new_id()))


async def close_warning(tx: Transaction, warning_id: UUID, reason: str, note: str | None, by: str) -> EarlyWarning:
    """Somebody is done with it, whether or not its cause lasts."""
    warning = await warnings.load_warning(tx, warning_id)
    closed = await _save(tx, close(warning, reason, note, by, tx.at, new_id()))
    announce(tx, [closed_event(closed)])
    return closed


async def _save(tx: Transaction, worked: WarningWork) -> EarlyWarning:
    warning, change = worked
    await warnings.save_warnings(tx, [warning])
    await warnings.add_changes(tx, [change])
    return warning


def closed_event(warning: EarlyWarning) -> WarningClosed:
    """What is announced of a warning that is closed."""
    assert warning.closing is not None
    assert warning.closed_at is not None
    return WarningClosed(
        customer_id=warning.customer_id,
        warning_id=warning.warning_id,
        cause=warning.cause,
        closing=warning.closing,
        closed_at=warning.closed_at,
    )


async def when_account_managers_change_hand_over_their_warnings(
    tx: Transaction, events: Sequence[TeamMemberAssigned]
) -> None:
    """The open warnings of a customer belong to whoever looks after it from now on."""
    managers = {event.customer_id: event.employee_id for event in events if event.role == "account_manager"}
    if not managers:
        return
    handed_over: list[EarlyWarning] = []
    changes: list[WarningChange] = []
    for warning in await warnings.load_open(tx, sorted(managers)):
        if warning.owner != managers[warning.customer_id]:
            after, change = hand_over(warning, managers[warning.customer_id], tx.at, new_id())
            handed_over.append(after)
            changes.append(change)
    await warnings.save_warnings(tx, handed_over)
    await warnings.add_changes(tx, changes)
