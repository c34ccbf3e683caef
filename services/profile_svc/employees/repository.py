"""SQL of the employees' directory (P5)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.profile_svc.employees.domain import Absence, Employee, Placement
from services.profile_svc.employees.tables import employee
from shared.errors import invalid
from shared.messaging import Transaction


async def find_employee(tx: Transaction, employee_id: str, *, lock: bool = False) -> Employee | None:
    """The employee of this id, if there is one; `lock`: until the transaction ends."""
    query = select(employee).where(employee.c.employee_id == employee_id)
    row = (await tx.sql.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else _employee(row)


def _employee(row: Any) -> Employee:
    absence = None if row.absent_from is None else Absence(row.absent_from, row.absent_until, row.deputy_id)
    return Employee(row.employee_id, row.name, row.phone_extension, row.centre, absence)


async def save_absence(tx: Transaction, employee_id: str, absence: Absence | None) -> None:
    """Write when an employee is away and who stands in; None: they are there."""
    values = {
        "absent_from": None if absence is None else absence.since,
        "absent_until": None if absence is None else absence.until,
        "deputy_id": None if absence is None else absence.deputy_id,
    }
    await tx.sql.execute(update(employee).where(employee.c.employee_id == employee_id).values(values))


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


async def list_employees(
    tx: Transaction, after: str | None, limit: int, ids: Sequence[str] | None = None
) -> list[Employee]:
    """A page of the directory, or of these employees, in the order of ids, after the given one."""
    query = select(employee).order_by(employee.c.employee_id).limit(limit)
    if after is not None:
        query = query.where(employee.c.employee_id > after)
    if ids is not None:
        query = query.where(employee.c.employee_id.in_(ids))
    return [_employee(row) for row in await tx.sql.execute(query)]
