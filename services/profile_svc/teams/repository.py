"""SQL of account teams (P5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.profile_svc.employees.domain import Employee
from services.profile_svc.employees.tables import employee
from services.profile_svc.overview.tables import overview
from services.profile_svc.teams.domain import Assignment, Role
from services.profile_svc.teams.tables import team_assignment
from shared.errors import not_found
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class Account:
    """A customer whom an employee looks after now, in a role; `customer_name` None: the file is a reference only."""

    assignment_id: UUID
    customer_id: UUID
    customer_name: str | None
    employee_id: str
    role: Role
    assigned_at: datetime


@dataclass(frozen=True, slots=True)
class TeamMember:
    """An assignment with who it is."""

    assignment: Assignment
    employee: Employee


def _assignment(row: Any) -> Assignment:
    return Assignment(
        row.id, row.customer_id, row.employee_id, row.role, row.assigned_at, row.released_at, row.hand_over_note
    )


async def list_assignments(tx: Transaction, customer_id: UUID) -> list[Assignment]:
    """All of a customer, past ones too. The caller has locked the file."""
    query = select(team_assignment).where(team_assignment.c.customer_id == customer_id)
    return [_assignment(row) for row in await tx.sql.execute(query.order_by(team_assignment.c.id))]


async def list_members(tx: Transaction, customer_ids: Sequence[UUID], *, current: bool) -> list[TeamMember]:
    """Assignments of these customers with their employees, oldest first; `current`: only those not released."""
    query = (
        select(team_assignment, employee.c.name, employee.c.phone_extension, employee.c.centre)
        .join(employee)
        .where(team_assignment.c.customer_id.in_(customer_ids))
        .order_by(team_assignment.c.assigned_at, team_assignment.c.id)
    )
    if current:
        query = query.where(team_assignment.c.released_at.is_(None))
    return [
        TeamMember(_assignment(row), Employee(row.employee_id, row.name, row.phone_extension, row.centre))
        for row in await tx.sql.execute(query)
    ]


ACCOUNTS = """
select t.id, r.id, coalesce(r.facts #>> '{names,0,name}', c.facts #>> '{names,0,name}') as name,
       t.employee_id, t.role, t.assigned_at
from team_assignment t join customer c on c.id = t.customer_id join customer r on r.id = coalesce(c.root_id, c.id)
where t.employee_id = any($1::text[]) and t.released_at is null
  and ($2::uuid is null or (r.id, t.id) > ($2, $3::uuid))
  and (c.root_id is null or not exists (
      select from team_assignment o join customer m on m.id = o.customer_id
      where m.root_id = c.root_id and o.employee_id = t.employee_id and o.role = t.role and o.released_at is null
        and (m.id <> m.root_id, m.id) < (c.id <> c.root_id, c.id)))
order by r.id, t.id limit $4
"""


async def list_accounts(
    tx: Transaction, employee_ids: Sequence[str], after: tuple[UUID, UUID] | None, limit: int
) -> list[Account]:
    """Whom these employees look after now, in the order of the customers, after a customer's assignment; a merged
    customer once a role, by whoever stands for it (P12)."""
    rows = await tx.raw.fetch(ACCOUNTS, list(employee_ids), *(after or (None, None)), limit)
    return [Account(*row) for row in rows]


async def list_unmanaged_steps(tx: Transaction, employee_id: str, limit: int) -> list[tuple[UUID, UUID]]:
    """Next steps that the employee owes to customers whom nobody manages, themselves or as one with others (P12): the
    entries of contact logs with their customers. Nobody would owe them once the employee left."""
    rows = await tx.raw.fetch(
        """select l.id, l.customer_id from contact_log l join customer c on c.id = l.customer_id
           where l.next_step_owner = $1 and l.next_step is not null and l.completed_at is null and not exists (
               select from team_assignment t join customer m on m.id = t.customer_id
               where t.role = 'account_manager' and t.released_at is null and (m.id = c.id or m.root_id = c.root_id))
           order by l.next_step_on, l.id limit $2""",
        employee_id, limit,
    )  # fmt: skip
    return [(row["id"], row["customer_id"]) for row in rows]


async def load_assignment(tx: Transaction, customer_ids: Sequence[UUID], id: UUID) -> Assignment:
    """One assignment of a customer, of any of its members where it was merged, locked; 404 when it has no such one."""
    query = select(team_assignment).where(team_assignment.c.id == id, team_assignment.c.customer_id.in_(customer_ids))
    row = (await tx.sql.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise not_found("assignment_not_found", "This customer has no such assignment.")
    return _assignment(row)


async def save_assignments(tx: Transaction, changed: Sequence[Assignment]) -> None:
    """Insert or end assignments; releases go first: the database allows one account manager at a time."""
    for assignment in sorted(changed, key=lambda assignment: assignment.is_current):
        ends = {"released_at": assignment.released_at, "hand_over_note": assignment.hand_over_note}
        updated = await tx.sql.execute(
            update(team_assignment).where(team_assignment.c.id == assignment.id).values(ends)
        )
        if updated.rowcount == 0:
            await tx.sql.execute(
                insert(team_assignment).values(
                    id=assignment.id,
                    customer_id=assignment.customer_id,
                    employee_id=assignment.employee_id,
                    role=assignment.role,
                    assigned_at=assignment.assigned_at,
                    **ends,
                )
            )


async def save_account_manager(tx: Transaction, customer_id: UUID, employee_id: str | None) -> None:
    """Write the account manager onto the overview, in the same transaction: it is profile's own fact. None: nobody."""
    values = {"account_manager": employee_id, "updated_at": tx.at}
    await tx.sql.execute(
        upsert(overview)
        .values(customer_id=customer_id, **values)
        .on_conflict_do_update(index_elements=["customer_id"], set_=values)
    )
