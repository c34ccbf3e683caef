"""The directory of employees grows and changes; employees are placed at service centres, and are away (P5)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from services.profile_svc.employees import repository as employees
from services.profile_svc.employees.domain import Absence, Employee, Placement, check_deputy, check_employed
from services.profile_svc.units.repository import check_open_unit
from shared.errors import conflict
from shared.events import EmployeeChanged
from shared.messaging import Transaction, announce, new_id


async def enter_employee(tx: Transaction, new: Employee) -> Employee:
    """Add an employee to the directory. The same one again is the same answer; another one under this id is a 409, and
    so is a subject that another employee signs in with."""
    if new.unit is not None:
        await check_open_unit(tx, new.unit)
    if await employees.add_employee(tx, new, tx.at):
        announce(tx, [employee_changed(new, tx.at)])
        return new
    known = await employees.load_employee(tx, new.employee_id)
    if known.as_entered() != new:
        raise conflict("employee_exists", "Another employee has this id.")
    return known


async def amend_employee(tx: Transaction, employee_id: str, amend: Callable[[Employee], Employee]) -> Employee:
    """Change an employee as `amend` says, which refuses a version that was not seen (412). The same again changes
    nothing; a name or an extension is not announced."""
    known = await employees.load_employee(tx, employee_id, lock=True)
    amended = amend(known)
    if amended == known:
        return known
    if amended.unit is not None and amended.unit != known.unit:
        await check_open_unit(tx, amended.unit)
    return await save_change(tx, known, amended)


async def place_employee_at_centre(
    tx: Transaction, employee_id: str, centre: str | None, since: datetime
) -> Employee:  # fmt: skip
    """The service centre the employee works at from an instant on, until the next placement; None: none.

    One of the past is announced for whoever looks back, and changes nothing of today where a later one holds. The same
    centre again announces nothing.
    """
    known = await employees.load_employee(tx, employee_id, lock=True)
    placed = await employees.find_placement(tx, employee_id)
    placement = placed.followed_by(Placement(centre, since))
    if placement is not placed and placed.centre == centre:
        return known
    announce(tx, [employee_changed(replace(known, centre=centre), since)])
    if placement is placed:
        return known
    changed = replace(known, centre=centre, version=known.version + 1)
    await employees.save_employee(tx, changed, centre_since=since)
    return changed


async def record_absence(tx: Transaction, employee_id: str, absence: Absence | None) -> Employee:
    """When the employee is away and who stands in; None: they are there. It takes the place of the absence known so
    far; the same again announces nothing. 422 when the deputy is nobody of the directory, 409 when the deputy left or
    is away meanwhile."""
    known = await employees.load_employee(tx, employee_id, lock=True)
    away = replace(known, absence=absence)
    if away == known:
        return known
    if absence is not None:
        check_employed(known)
        absence.check(employee_id)
        if absence.deputy_id is not None:
            check_deputy(await employees.check_employee(tx, absence.deputy_id, pointer="/deputy_id"), absence)
    return await save_change(tx, known, away)


async def save_change(tx: Transaction, known: Employee, changed: Employee) -> Employee:
    """Write a change of an employee whose row is locked, and announce what others are to know of it."""
    changed = replace(changed, version=known.version + 1)
    await employees.save_employee(tx, changed)
    if replace(changed, name=known.name, phone_extension=known.phone_extension, version=known.version) != known:
        announce(tx, [employee_changed(changed, tx.at)])
    return changed


def employee_changed(employee: Employee, changed_at: datetime) -> EmployeeChanged:
    """What is announced of an employee: everything that others may know, since the latest change holds as a whole."""
    absence, subject = employee.absence, employee.subject
    return EmployeeChanged(
        change_id=new_id(),
        employee_id=employee.employee_id,
        centre=employee.centre,
        absent_from=None if absence is None else absence.since,
        absent_until=None if absence is None else absence.until,
        deputy_id=None if absence is None else absence.deputy_id,
        changed_at=changed_at,
        unit=employee.unit,
        subject_digest=None if subject is None else sha256(subject.encode()).hexdigest(),
        skills=employee.skills,
        languages=employee.languages,
        capacity=employee.capacity,
        joined_at=employee.joined_at,
        left_at=employee.left_at,
    )
