"""The directory of employees grows; employees are placed at service centres, and are away for a time (P5)."""

from dataclasses import replace
from datetime import datetime

from services.profile_svc.employees import repository as employees
from services.profile_svc.employees.domain import Absence, Employee, Placement
from shared.errors import conflict, not_found
from shared.events import EmployeeChanged
from shared.messaging import Transaction, announce, new_id


async def enter_employee(tx: Transaction, new: Employee) -> Employee:
    """Add an employee to the directory. The same one again is the same answer; another one under this id is a 409."""
    if await employees.add_employee(tx, new, tx.at):
        return new
    known = await employees.find_employee(tx, new.employee_id)
    if known is None or replace(known, centre=None, absence=None) != new:
        raise conflict("employee_exists", "Another employee has this id.")
    return known


async def place_employee_at_centre(
    tx: Transaction, employee_id: str, centre: str | None, since: datetime
) -> Employee:  # fmt: skip
    """The service centre the employee works at from an instant on, until the next placement; None: none.

    One of the past is announced for whoever looks back, and changes nothing of today where a later one holds. The same
    centre again announces nothing.
    """
    placed = await employees.lock_placement(tx, employee_id)
    if placed is None:
        raise not_found("employee_not_found", "There is no such employee in the directory.")
    placement = placed.followed_by(Placement(centre, since))
    known = await _load(tx, employee_id)
    if placement is placed or placed.centre != centre:
        announce(tx, [_changed(replace(known, centre=centre), since)])
        await employees.save_placement(tx, employee_id, placement)
    return replace(known, centre=placement.centre)


async def record_absence(tx: Transaction, employee_id: str, absence: Absence | None) -> Employee:
    """When the employee is away and who stands in; None: they are there. It takes the place of the absence known so
    far; the same again announces nothing. 422 when the deputy is nobody of the directory."""
    known = await _load(tx, employee_id)
    if absence is not None:
        absence.check(employee_id)
        if absence.deputy_id is not None:
            await employees.check_employee(tx, absence.deputy_id, pointer="/deputy_id")
    away = replace(known, absence=absence)
    if away != known:
        await employees.save_absence(tx, employee_id, absence)
        announce(tx, [_changed(away, tx.at)])
    return away


async def _load(tx: Transaction, employee_id: str) -> Employee:
    known = await employees.find_employee(tx, employee_id, lock=True)
    if known is None:
        raise not_found("employee_not_found", "There is no such employee in the directory.")
    return known


def _changed(employee: Employee, changed_at: datetime) -> EmployeeChanged:
    """What is announced of an employee: everything, since the latest change holds as a whole."""
    absence = employee.absence
    return EmployeeChanged(
        change_id=new_id(),
        employee_id=employee.employee_id,
        centre=employee.centre,
        absent_from=None if absence is None else absence.since,
        absent_until=None if absence is None else absence.until,
        deputy_id=None if absence is None else absence.deputy_id,
        changed_at=changed_at,
    )
