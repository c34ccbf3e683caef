"""SQL of who looks after whom (P5): the copy tiering keeps of the account teams."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from shared.events import EmployeeChanged, TeamMemberAssigned, TeamMemberReleased
from shared.messaging import Transaction


async def add_members(tx: Transaction, events: Sequence[TeamMemberAssigned]) -> None:
    await tx.raw.execute(
        """insert into team_member (assignment_id, customer_id, employee_id, role, assigned_at, recorded_at)
           select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[],
                                $6::timestamptz[])""",
        [e.assignment_id for e in events], [e.customer_id for e in events], [e.employee_id for e in events],
        [e.role for e in events], [e.assigned_at for e in events], [e.meta.recorded_at for e in events],
    )  # fmt: skip


async def release_members(tx: Transaction, events: Sequence[TeamMemberReleased]) -> None:
    await tx.raw.execute(
        """update team_member m set released_at = a.released_at
           from unnest($1::uuid[], $2::timestamptz[]) as a(assignment_id, released_at)
           where m.assignment_id = a.assignment_id""",
        [e.assignment_id for e in events], [e.released_at for e in events],
    )  # fmt: skip


async def place_employees(tx: Transaction, events: Sequence[EmployeeChanged]) -> None:
    await tx.raw.execute(
        """insert into employee_centre (employee_id, changed_at, centre)
           select * from unnest($1::text[], $2::timestamptz[], $3::text[])
           on conflict (employee_id, changed_at) do update set centre = excluded.centre""",
        [e.employee_id for e in events], [e.changed_at for e in events], [e.centre for e in events],
    )  # fmt: skip


async def list_account_managers(
    tx: Transaction, at: datetime, customers: Sequence[UUID] | None = None
) -> Mapping[UUID, str]:
    """Who was the account manager of each of these customers (or of all) at an instant; who had none is left out."""
    rows = await tx.raw.fetch(
        """select distinct on (customer_id) customer_id, employee_id from team_member
           where role = 'account_manager' and assigned_at <= $1 and (released_at is null or released_at > $1)
             and ($2::uuid[] is null or customer_id = any($2))
           order by customer_id, assigned_at desc""",
        at, None if customers is None else list(customers),
    )  # fmt: skip
    return {row["customer_id"]: row["employee_id"] for row in rows}


async def list_centres(tx: Transaction, at: datetime) -> Mapping[str, str]:
    """At which centre each employee worked at an instant."""
    rows = await tx.raw.fetch(
        """select distinct on (employee_id) employee_id, centre from employee_centre where changed_at <= $1
           order by employee_id, changed_at desc""",
        at,
    )  # fmt: skip
    return {row["employee_id"]: row["centre"] for row in rows if row["centre"] is not None}
