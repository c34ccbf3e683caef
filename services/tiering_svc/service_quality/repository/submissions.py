"""SQL of submissions (T15): who owed what until when, when it came, and whether it was wrong. The last entry counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.tiering_svc.service_quality.tables.assessments import submission
from shared.messaging import Transaction
from shared.sql import insert_many

COLUMNS = """entry_id, submission_id, topic, of, subject, due_at, received_at, wrong, note, recorded_by, recorded_at"""
LATEST = f"""
select {COLUMNS} from (
    select distinct on (submission_id) * from submission where recorded_at <= $1
    order by submission_id, recorded_at desc, entry_id desc
) s
"""


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """An entry about a submission. `of` and `subject`: whose it is, a manager's (by the employee's code) or a
    centre's."""

    entry_id: UUID
    submission_id: UUID
    topic: str
    of: str
    subject: str
    due_at: datetime
    received_at: datetime | None
    wrong: bool
    note: str | None
    recorded_by: str
    recorded_at: datetime


async def add_submission(tx: Transaction, row: SubmissionRow) -> None:
    """Keep an entry; from now on it is the one that counts of its submission."""
    await insert_many(tx, submission, [row])


async def find_submission(tx: Transaction, submission_id: UUID) -> SubmissionRow | None:
    """The last entry about a submission."""
    row = await tx.raw.fetchrow(
        f"""select {COLUMNS} from submission where submission_id = $1
            order by recorded_at desc, entry_id desc limit 1""",
        submission_id,
    )  # fmt: skip
    return None if row is None else SubmissionRow(**row)


async def list_due(tx: Transaction, since: datetime, until: datetime, known_at: datetime) -> list[SubmissionRow]:
    """Everybody's submissions that were due in a time, its ends included, as known at an instant."""
    rows = await tx.raw.fetch(
        f"{LATEST} where due_at >= $2 and due_at <= $3 order by due_at, submission_id", known_at, since, until
    )
    return [SubmissionRow(**row) for row in rows]


async def list_submissions(
    tx: Transaction, ends: tuple[datetime, datetime], known_at: datetime, of: str | None, subject: str | None,
    after: tuple[datetime, UUID] | None, limit: int,
) -> Sequence[SubmissionRow]:  # fmt: skip
    """A page of the submissions due from one instant until just before another, of one subject or all."""
    rows = await tx.raw.fetch(
        f"""{LATEST} where due_at >= $2 and due_at < $3 and ($4::text is null or of = $4)
              and ($5::text is null or subject = $5)
              and ($6::timestamptz is null or (due_at, submission_id) > ($6, $7::uuid))
            order by due_at, submission_id limit $8""",
        known_at, *ends, of, subject, *(after or (None, None)), limit,
    )  # fmt: skip
    return [SubmissionRow(**row) for row in rows]
