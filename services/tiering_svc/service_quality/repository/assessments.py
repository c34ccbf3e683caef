"""SQL of assessments (T15): what became of each customer in a month, and the assessments that were made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.service_quality.domain.assessment import AssessmentRules
from services.tiering_svc.service_quality.tables.assessments import assessment, missed_deadline
from shared.events import DeadlineBreached
from shared.messaging import Transaction
from shared.sql import columns_of, insert_columns, insert_many

COLUMNS = "assessment_id, month, of, subject, as_of, rules_version, score, customers, reasons, made_by, made_at"


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """The assessment of a manager or a centre for a month."""

    assessment_id: UUID
    month: date
    of: str
    subject: str
    as_of: datetime
    rules_version: int
    score: Decimal
    customers: int
    reasons: list[dict[str, Any]]
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerMonth:
    """What became of a customer in a month. `baseline` is the mean month before; None: it bought nothing then."""

    revenue: Decimal
    baseline: Decimal | None
    contacted: bool
    late_complaints: int
    file_incomplete: bool  # False too where nothing is known of its file


CUSTOMER_MONTHS = """
select a.customer_id, coalesce(r.revenue, 0) as revenue, r.baseline,
       exists (select from contact_fact f where f.customer_id = a.customer_id and f.contacted_at <= $4
                 and f.contacted_at > $4 - make_interval(months => $6)) as contacted,
       (select count(distinct c.case_id) from case_fact c join missed_deadline d using (case_id)
        where c.customer_id = a.customer_id and c.kind = 'complaint'
          and d.breached_at >= $3 and d.breached_at <= $4)::int as late_complaints,
       coalesce((select t.completeness < $7 from customer_traits t
                 where t.customer_id = a.customer_id and t.changed_at <= $4 order by t.seq desc limit 1), false)
           as file_incomplete
from unnest($1::uuid[]) as a(customer_id)
cross join lateral (
    select sum(m.amount) filter (where m.month = $2) as revenue,
           sum(m.amount) filter (where m.month < $2) / $5::int as baseline
    from indicator_month m
    where m.customer_id = a.customer_id and m.month <= $2 and m.month >= $2 - make_interval(months => $5)
) r
"""


async def list_customer_months(
    tx: Transaction,
    customers: Sequence[UUID],
    month: date,
    since: datetime,
    as_of: datetime,
    rules: AssessmentRules,
) -> dict[UUID, CustomerMonth]:
    """What became of each of these customers in a month, whose first and last instants are `since` and `as_of`."""
    rows = await tx.raw.fetch(
        CUSTOMER_MONTHS, customers, month, since, as_of, rules.baseline_months, rules.contact_every_months,
        rules.file_complete_from,
    )  # fmt: skip
    return {customer_id: CustomerMonth(*rest) for customer_id, *rest in rows}


async def add_missed_deadlines(tx: Transaction, events: Sequence[DeadlineBreached]) -> None:
    """Deadlines of cases that were missed; one reported again changes nothing."""
    columns = columns_of(events, ("case_id", "stage", "due_at", "breached_at"))
    columns |= {"recorded_at": [event.meta.recorded_at for event in events]}
    await insert_columns(tx, missed_deadline, columns, on_conflict="nothing")


async def save_assessments(tx: Transaction, month: date, rows: Sequence[AssessmentRow]) -> None:
    """The month's assessments; those made before are kept, superseded."""
    await tx.raw.execute("select pg_advisory_xact_lock(hashtext('assessment'), $1)", month.toordinal())  # take turns
    await tx.raw.execute(
        "update assessment set superseded_at = $2 where month = $1 and superseded_at is null", month, tx.at
    )
    await insert_many(tx, assessment, rows)


async def list_assessments(tx: Transaction, month: date, of: str) -> list[AssessmentRow]:
    """The assessments of a month that none has superseded, the best first. `of`: `manager` or `centre`."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from assessment where month = $1 and of = $2 and superseded_at is null
            order by score desc, subject""",
        month, of,
    )  # fmt: skip
    return [AssessmentRow(**row) for row in rows]
