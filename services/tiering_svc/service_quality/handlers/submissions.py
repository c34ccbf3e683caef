"""Submissions are recorded by another person than the one who owed them (T15)."""

from services.tiering_svc.customers import repository as teams
from services.tiering_svc.service_quality.handlers.entries import record_entry
from services.tiering_svc.service_quality.repository import submissions
from services.tiering_svc.service_quality.repository.submissions import SubmissionRow
from shared.messaging import Transaction


async def record_submission(tx: Transaction, row: SubmissionRow, employee: str) -> SubmissionRow:
    """Keep what is known of a submission. The same again changes nothing; another entry of the same id replaces the one
    before, which is kept. Nobody records one of their own, or of the centre they worked at when it was due: 403
    `own_work`.

    `employee`: who records, by the directory; by the sign-in, where the directory does not know them."""
    recorded = await submissions.find_submission(tx, row.submission_id)
    return await record_entry(tx, row, recorded, employee, is_own=_is_own, add=submissions.add_submission)


async def _is_own(tx: Transaction, entry: SubmissionRow, by: str) -> bool:
    if entry.of == "manager":
        return entry.subject == by
    return (await teams.list_centres(tx, entry.due_at)).get(by) == entry.subject
