"""SQL of the employees' directory (P5)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.profile_svc.employees.domain import Absence, Employee, Placement
from services.profile_svc.employees.tables import employee
from shared.errors import conflict, invalid, not_found
from shared.messaging import Transaction


async def find_employee(tx: Transaction, employee_id: str, *, lock: bool = False) -> Employee | None:
    """The employee of this id, if there is one; `lock`: until the transaction ends."""
    query = select(employee).where(employee.c.employee_id == employee_id)
    row = (await tx.sql.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else _employee(row)


async def load_employee(tx: Transaction, employee_id: str, *, lock: bool = False) -> Employee:
    """The employee of this id; 404 when there is none. `lock`: until the transaction ends."""
    known = await find_employee(tx, employee_id, lock=lock)
    if known is None:
        raise not_found("employee_not_found", "There is no such employee in the directory.")
    return known


def _employee(row: Any) -> Employee:
    absence = None if row.absent_from is None else Absence(row.absent_from, row.absent_until, row.deputy_id)
    return Employee(
        row.employee_id, row.name, row.phone_extension, row.centre, absence, row.subject, row.unit, tuple(row.skills),
        tuple(row.languages), row.capacity, row.joined_at, row.left_at, row.version,
    )  # fmt: skip


async def save_employee(tx: Transaction, saved: Employee, *, centre_since: datetime | None = None) -> None:
    """Write what an employee is now; `centre_since` is written only where it is given. 409 for a subject that another
    employee signs in with."""
    values = _values(saved) | ({} if centre_since is None else {"centre_since": centre_since})
    await _refuse_a_taken_subject(tx, saved)
    await tx.sql.execute(update(employee).where(employee.c.employee_id == saved.employee_id).values(values))


def _values(saved: Employee) -> dict[str, Any]:
    absence = saved.absence
    return {
        "name": saved.name,
        "phone_extension": saved.phone_extension,
        "subject": saved.subject,
        "unit": saved.unit,
        "skills": list(saved.skills),
        "languages": list(saved.languages),
        "capacity": saved.capacity,
        "joined_at": saved.joined_at,
        "left_at": saved.left_at,
        "version": saved.version,
        "centre": saved.centre,
        "absent_from": None if absence is None else absence.since,
        "absent_until": None if absence is None else absence.until,
        "deputy_id": None if absence is None else absence.deputy_id,
    }


async def _refuse_a_taken_subject(tx: Transaction, saved: Employee) -> None:
    """One transaction at a time asks for a subject, so that two never both find it free."""
    if saved.subject is None:
        return
    await tx.raw.execute("select pg_advisory_xact_lock(hashtextextended('employee.subject ' || $1, 0))", saved.subject)
    query = select(employee.c.employee_id).where(employee.c.subject == saved.subject)
    holder = (await tx.sql.execute(query)).scalar_one_or_none()
    if holder not in (None, saved.employee_id):
        raise conflict("subject_taken", "Another employee signs in with this subject.", pointer="/subject")


async def find_placement(tx: Transaction, employee_id: str) -> Placement:
    """Where the employee works and since when. The caller has locked the employee."""
    query = select(employee.c.centre, employee.c.centre_since).where(employee.c.employee_id == employee_id)
    row = (await tx.sql.execute(query)).one()
    return Placement(row.centre, row.centre_since)


async def check_employee(tx: Transaction, employee_id: str, *, pointer: str = "/employee_id") -> Employee:
    """The employee of this id, who stays as they are until the transaction ends; 422 at `pointer` when nobody of this
    id is in the directory."""
    query = select(employee).where(employee.c.employee_id == employee_id).with_for_update(read=True)
    row = (await tx.sql.execute(query)).one_or_none()
    if row is None:
        raise invalid("employee_not_known", "There is no such employee in the directory.", pointer=pointer)
    return _employee(row)


async def add_employee(tx: Transaction, new: Employee, at: datetime) -> bool:
    """False when this employee id is taken; 409 for a subject that another employee signs in with."""
    if await find_employee(tx, new.employee_id) is not None:
        return False
    await _refuse_a_taken_subject(tx, new)
    statement = upsert(employee).values(employee_id=new.employee_id, recorded_at=at, **_values(new))
    added = statement.on_conflict_do_nothing(index_elements=["employee_id"]).returning(employee.c.employee_id)
    return (await tx.sql.execute(added)).one_or_none() is not None


async def list_deputized(tx: Transaction, deputy_id: str, at: datetime, *, only_now: bool = False) -> list[str]:
    """For whom this employee stands in at an instant or will, by their ids; `only_now`: at that instant."""
    query = (
        select(employee.c.employee_id)
        .where(employee.c.deputy_id == deputy_id, employee.c.left_at.is_(None))
        .where((employee.c.absent_until > at) | employee.c.absent_until.is_(None))
        .order_by(employee.c.employee_id)
    )
    if only_now:
        query = query.where(employee.c.absent_from <= at)
    return list((await tx.sql.execute(query)).scalars())


async def list_employees(
    tx: Transaction,
    after: str | None,
    limit: int,
    ids: Sequence[str] | None = None,
    unit: str | None = None,
) -> list[Employee]:
    """A page of the directory, or of these employees, or of those who belong to a unit itself, by id, after one."""
    query = select(employee).order_by(employee.c.employee_id).limit(limit)
    if after is not None:
        query = query.where(employee.c.employee_id > after)
    if ids is not None:
        query = query.where(employee.c.employee_id.in_(ids))
    if unit is not None:
        query = query.where(employee.c.unit == unit)
    return [_employee(row) for row in await tx.sql.execute(query)]
