"""SQL of the employees' directory (P5)."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.profile_svc.employees.domain import Employee, Placement
from services.profile_svc.employees.tables import employee
from shared.errors import invalid
from shared.messaging import Transaction


async def find_employee(tx: Transaction, employee_id: str) -> Employee | None:
    """The employee of this id, if there is one."""
    row = (await tx.sql.execute(select(employee).where(employee.c.employee_id == employee_id))).one_or_none()
    return None if row is None else Employee(row.employee_id, row.name, row.phone_extension, row.centre)


async def lock_placement(tx: Transaction, employee_id: str) -> Placement | None:
    """Where the employee works and since when, locked; None: there is no such employee."""
    query = select(employee.c.centre, employee.c.centre_since).where(employee.c.employee_id == employee_id)
    row = (await tx.sql.execute(query.with_for_update())).one_or_none()
    return None if row is None else Placement(row.centre, row.centre_since)


async def save_placement(tx: Transaction, employee_id: str, placement: Placement) -> None:
    """Where the employee works now, and since when."""
    values = {"centre": placement.centre, "centre_since": placement.since}
    await tx.sql.execute(update(employee).where(employee.c.employee_id == employee_id).values(values))


async def check_employee(tx: Transaction, employee_id: str, *, pointer: str = "/employee_id") -> None:
    """422 at `pointer` when nobody of this id is in the directory."""
    if await find_employee(tx, employee_id) is None:
        raise invalid("employee_not_known", "There is no such employee in the directory.", pointer=pointer)


async def add_employee(tx: Transaction, new: Employee, at: datetime) -> bool:
    """False when this employee id is taken."""
    values = {
        "employee_id": new.employee_id,
        "name": new.name,
        "phone_extension": new.phone_extension,
        "recorded_at": at,
    }
    statement = upsert(employee).values(values).on_conflict_do_nothing().returning(employee.c.employee_id)
    return (await tx.sql.execute(statement)).one_or_none() is not None


async def list_employees(tx: Transaction, after: str | None, limit: int) -> list[Employee]:
    """A page of the directory in the order of ids, after the given one."""
    query = select(employee).order_by(employee.c.employee_id).limit(limit)
    if after is not None:
        query = query.where(employee.c.employee_id > after)
    return [Employee(row.employee_id, row.name, row.phone_extension, row.centre) for row in await tx.sql.execute(query)]
