"""Spot checks of files and equipment are recorded by another person than the customer's account manager (T15)."""

from dataclasses import replace

from services.tiering_svc.customers import repository as teams
from services.tiering_svc.service_quality.repository import spot_checks
from services.tiering_svc.service_quality.repository.spot_checks import SpotCheckRow
from shared.errors import forbidden
from shared.messaging import Transaction


async def record_spot_check(tx: Transaction, row: SpotCheckRow) -> SpotCheckRow:
    """Keep what a check found. The same again changes nothing; another entry of the same id replaces the one before,
    which is kept. Whoever looked after the customer when it was made does not record it: 403 `own_work`."""
    recorded = await spot_checks.find_spot_check(tx, row.check_id)
    for entry in (row, recorded):
        if entry is not None and await _is_own(tx, entry, row.recorded_by):
            raise forbidden("own_work", "Somebody else than the one who is assessed records it.")
    if recorded is not None and row == replace(
        recorded, entry_id=row.entry_id, recorded_by=row.recorded_by, recorded_at=row.recorded_at
    ):
        return recorded
    await spot_checks.add_spot_check(tx, row)
    return row


async def _is_own(tx: Transaction, entry: SpotCheckRow, by: str) -> bool:
    managers = await teams.list_account_managers(tx, entry.checked_at, [entry.customer_id])
    return managers.get(entry.customer_id) == by
