"""SQL of assessments (T15): what became of each customer in a month, and the assessments that were made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from services.tiering_svc.core.repository.merged import root_of
from services.tiering_svc.service_quality.domain.assessment_rules import AssessmentRules
from services.tiering_svc.service_quality.tables.assessments import assessment, missed_deadline
from shared.customers import list_members
from shared.events import DeadlineBreached
from shared.messaging import Transaction
from shared.sql import columns_of, fragments, insert_columns, insert_many

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
    """What became of a customer in a month; revenue also of the base month, and of that of the top list."""

    revenue: Decimal
    base: Decimal
    top_base: Decimal
    contacted: bool
    late_complaints: list[UUID]
    file_incomplete: bool  # False too where nothing is known of its file


# Of who are one (P12) the root, with the facts of all; what the file says is said by the root's, where there is one.
CUSTOMER_MONTHS = """
with asked as (
    select customer_id, array_agg(member) as members
    from unnest($1::uuid[], $9::uuid[]) as g (customer_id, member) group by customer_id
)
select a.customer_id, coalesce(r.revenue, 0) as revenue, coalesce(r.base, 0) as base,
       coalesce(r.top_base, 0) as top_base,
       exists (select from contact_fact f where f.customer_id = any(a.members) and f.contacted_at <= $4
                 and f.contacted_at > $4 - make_interval(months => $7)) as contacted,
       array(select distinct c.case_id from case_fact c join missed_deadline d using (case_id)
             where c.customer_id = any(a.members) and c.kind = 'complaint'
               and d.breached_at >= $3 and d.breached_at <= $4 order by 1) as late_complaints,
       coalesce((select t.completeness < $8 from customer_traits t
                 where t.customer_id = any(a.members) and t.changed_at <= $4
                 order by t.customer_id <> a.customer_id, t.customer_id, t.seq desc limit 1), false)
           as file_incomplete
from asked a
cross join lateral (
    select sum(m.amount) filter (where m.month = $2) as revenue, sum(m.amount) filter (where m.month = $5) as base,
           sum(m.amount) filter (where m.month = $6) as top_base
    from indicator_month m where m.customer_id = any(a.members) and m.month in ($2, $5, $6)
) r
"""
TOP = f"""
select {root_of("m.customer_id")} as customer_id from indicator_month m where month = $1 and orders > 0
group by 1 order by sum(amount) desc, 1 limit $2
"""


class AssessedMonth(NamedTuple):
    """A month that is assessed: its first and its last instant, and the months that revenue is held against."""

    month: date
    since: datetime
    as_of: datetime
    base: date | None
    top_base: date | None


async def list_customer_months(
    tx: Transaction, customers: Sequence[UUID], assessed: AssessedMonth, rules: AssessmentRules
) -> dict[UUID, CustomerMonth]:
    """What became of each of these customers in a month, with all who are one with it."""
    members = await list_members(tx, customers)
    pairs = [(customer_id, member) for customer_id in customers for member in members[customer_id]]
    rows = await tx.raw.fetch(
        CUSTOMER_MONTHS, [root for root, _ in pairs], assessed.month, assessed.since, assessed.as_of, assessed.base,
        assessed.top_base, rules.contact_every_months, rules.file_complete_from, [member for _, member in pairs],
    )  # fmt: skip
    return {customer_id: CustomerMonth(*rest) for customer_id, *rest in map(tuple, rows)}


async def list_largest(tx: Transaction, month: date, customers: int) -> frozenset[UUID]:
    """So many customers who brought most in a month."""
    return frozenset(row["customer_id"] for row in await tx.raw.fetch(TOP, month, customers))


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


async def list_assessments(tx: Transaction, month: date, of: str, known_at: datetime) -> list[AssessmentRow]:
    """The assessments of a month that stood at an instant, the best first. `of`: `manager` or `centre`."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from assessment
            where month = $1 and of = $2 and {fragments.known_at("$3", "made_at", "superseded_at")}
            order by score desc, subject""",
        month, of, known_at,
    )  # fmt: skip
    return [AssessmentRow(**row) for row in rows]
