"""What is read of cases: one whole, or a page of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, literal, literal_column, or_, select, tuple_

from services.complaint_svc.cases.repository.cases import read_deadline
from services.complaint_svc.cases.tables import case_story, complaint_case
from services.complaint_svc.deadlines.domain.deadline_rules import STAGES
from services.complaint_svc.deadlines.domain.deadlines import Deadline
from services.complaint_svc.remedies.tables import settlement_approval
from shared.chassis import DataScope
from shared.errors import not_found
from shared.messaging import Transaction

Row = Mapping[str, Any]
Sort = Literal["newest", "urgency"]
NEVER = datetime(9999, 12, 31, tzinfo=UTC)  # stands for no due date where cases are sorted by it


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with everything that belongs to it; rows as they are."""

    case: Row
    story: Row
    steps: Sequence[Row]
    proposals: Sequence[Row]
    approvals: Sequence[Row]
    escalations: Sequence[Row]
    deadlines: Sequence[Deadline]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as one line of a list: nothing personal."""

    id: UUID
    customer_id: UUID | None
    kind: str
    severity: str
    channel: str
    category: str
    status: str
    tier: str | None
    escalation_level: str
    waiting: str | None
    filed_at: datetime
    closed_at: datetime | None
    next_due_at: datetime | None
    satisfaction: int | None


ERASED_STORY: Row = {column.name: None for column in case_story.columns} | {"what_happened": ""}
"""In place of what was written of a case whose customer was erased (P13)."""

SUMMARY_COLUMNS = [complaint_case.c[name] for name in CaseRow.__slots__]

CASE_FILE = """
select c as case, (select s from case_story s where s.case_id = c.id) as story,
       array(select s from case_step s where s.case_id = c.id order by number) as steps,
       array(select p from proposal p where p.case_id = c.id order by proposed_at, id) as proposals,
       array(select a from settlement_approval a where a.case_id = c.id order by requested_at, id) as approvals,
       array(select e from escalation e where e.case_id = c.id order by at) as escalations,
       array(select d from deadline d where d.case_id = c.id) as deadlines
from complaint_case c where c.id = $1 and ($2::uuid is null or c.partner_id = $2)
"""


async def load_case_file(tx: Transaction, case_id: UUID, *, partner_id: UUID | None = None) -> CaseFile:
    """One case whole; 404 when there is none or it is not this partner's. Its deadlines of all rounds, in order."""
    row = await tx.raw.fetchrow(CASE_FILE, case_id, partner_id)
    if row is None:
        raise not_found("complaint_not_found", "There is no complaint with this id.")
    deadlines = sorted(map(read_deadline, row["deadlines"]), key=lambda d: (d.round, STAGES.index(d.stage)))
    return CaseFile(
        row["case"],
        row["story"] or ERASED_STORY,
        row["steps"],
        row["proposals"],
        row["approvals"],
        row["escalations"],
        deadlines,
    )


async def list_cases(
    tx: Transaction,
    now: datetime,
    *,
    members: Sequence[UUID] | None,
    customer_ids: Sequence[UUID] | None = None,
    status: str | None,
    overdue: bool | None,
    partner_id: UUID | None,
    awaits_approval: bool | None,
    scope: DataScope | None = None,
    sort: Sort,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[CaseRow]:
    """`limit + 1` cases of a scope: the newest first, or the most urgent (due soonest; what waits for the customer
    comes last).

    `members`: of one customer, and of all who are one with it.
    """
    c = complaint_case.c
    due = func.coalesce(c.next_due_at, literal_column("timestamptz '9999-12-31 00:00:00+00'"))
    is_overdue = (c.status != "closed") & (c.next_due_at < now)  # at the due instant it still is in time
    where: list[ColumnElement[bool]] = []
    if members is not None:
        where.append(c.customer_id.in_(members))
    if customer_ids is not None:
        where.append(c.customer_id.in_(customer_ids))
    if partner_id is not None:
        where.append(c.partner_id == partner_id)
    if status is not None:
        where.append(c.status != "closed" if status == "open" else c.status == status)
    if overdue is not None:
        where.append(is_overdue if overdue else ~func.coalesce(is_overdue, False))
    if awaits_approval is not None:
        pending = exists().where(settlement_approval.c.case_id == c.id, settlement_approval.c.state == "pending")
        where.append(pending if awaits_approval else ~pending)
    if scope is not None and scope.is_limited:  # a case that is nobody's yet is everybody's
        where.append(or_(c.customer_id.is_(None), scope.clause("complaint_case.customer_id")))
    query: Select[Any] = select(*SUMMARY_COLUMNS).where(*where).limit(limit + 1)
    if sort == "newest":
        query = query.order_by(c.id.desc())
        query = query if after is None else query.where(c.id < after[0])
    else:
        query = query.where(c.status != "closed").order_by(due, c.id)
        query = query if after is None else query.where(tuple_(due, c.id) > tuple_(*map(literal, after)))
    return [CaseRow(*row) for row in await tx.sql.execute(query)]


def cursor_of(row: CaseRow, sort: Sort) -> tuple[object, ...]:
    """Where a row stands in the list, for the cursor."""
    return (row.id,) if sort == "newest" else (row.next_due_at or NEVER, row.id)
