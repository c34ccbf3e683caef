"""Spot checks of files and equipment are recorded by another person than the customer's account manager (T15)."""

from services.tiering_svc.customers import repository as teams
from services.tiering_svc.service_quality.handlers.entries import record_entry
from services.tiering_svc.service_quality.repository import spot_checks
from services.tiering_svc.service_quality.repository.spot_checks import SpotCheckRow
from shared.messaging import Transaction


async def record_spot_check(tx: Transaction, row: SpotCheckRow, employee: str) -> SpotCheckRow:
    """Keep what a check found. The same again changes nothing; another entry of the same id replaces the one before,
    which is kept. Whoever looked after the customer when it was made does not record it: 403 `own_work`.

    `employee`: who records, by the directory; by the sign-in, where the directory does not know them."""
    recorded = await spot_checks.find_spot_check(tx, row.check_id)
    return await record_entry(tx, row, recorded, employee, is_own=_is_own, add=spot_checks.add_spot_check)


async def _is_own(tx: Transaction, entry: SpotCheckRow, by: str) -> bool:
    managers = await teams.list_account_managers(tx, entry.checked_at, [entry.customer_id])
    return managers.get(entry.customer_id) == by
