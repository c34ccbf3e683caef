"""What people do with an early warning (T12)."""

from uuid import UUID

from services.tiering_svc.monitoring.domain.subjects import ClassSubject
from services.tiering_svc.monitoring.domain.warning import (
    EarlyWarning,
    WarningWork,
    acknowledge,
    close,
    work_on,
)
from services.tiering_svc.monitoring.repository import warnings
from shared.events import ClassWarningClosed, WarningClosed, WarningRaised
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


def raised_event(warning: EarlyWarning) -> WarningRaised:
    """What is announced of a customer's warning that is raised."""
    assert warning.customer_id is not None
    return WarningRaised(
        customer_id=warning.customer_id, warning_id=warning.warning_id, cause=warning.cause,
        severity=warning.severity, rule_id=warning.rule_id, rule_version=warning.rule_version, owner=warning.owner,
        as_of=warning.as_of, likelihood=warning.likelihood, value_at_stake=warning.value_at_stake,
        expected_loss=warning.expected_loss,
    )  # fmt: skip


def closed_event(warning: EarlyWarning) -> WarningClosed | ClassWarningClosed:
    """What is announced of a warning that is closed."""
    assert warning.closing is not None
    assert warning.closed_at is not None
    if warning.customer_id is None:
        subject = class_fields(warning)
        return ClassWarningClosed(
            warning_id=warning.warning_id,
            subject_kind=subject.kind,
            dimension=subject.dimension,
            subject_code=subject.code,
            cause=warning.cause,
            closing=warning.closing,
            closed_at=warning.closed_at,
        )
    return WarningClosed(
        customer_id=warning.customer_id,
        warning_id=warning.warning_id,
        cause=warning.cause,
        closing=warning.closing,
        closed_at=warning.closed_at,
    )


def class_fields(warning: EarlyWarning) -> ClassSubject:
    """The class or product line that a warning is about; the warning is of none of the customers."""
    assert warning.dimension is not None
    assert warning.subject_code is not None
    return ClassSubject(warning.subject_kind, warning.dimension, warning.subject_code)
