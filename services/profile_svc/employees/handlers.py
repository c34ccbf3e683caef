"""The directory of employees grows, and employees are placed at service centres (P5)."""

from dataclasses import replace
from datetime import datetime

from services.profile_svc.employees import repository as employees
from services.profile_svc.employees.domain import Employee, Placement
from shared.errors import conflict, not_found
from shared.events import EmployeeChanged
from shared.messaging import Transaction, announce, new_id


async def enter_employee(tx: Transaction, new: Employee) -> Employee:
    """Add an employee to the directory. The same one again is the same answer; another one under this id is a 409."""
    if await employees.add_employee(tx, new, tx.at):
        return new
    known = await employees.find_employee(tx, new.employee_id)
    if known is None or replace(known, centre=None) != new:
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
    if placement is placed or placed.centre != centre:
        announce(tx, [EmployeeChanged(change_id=new_id(), employee_id=employee_id, centre=centre, changed_at=since)])
        await employees.save_placement(tx, employee_id, placement)
    employee = await employees.find_employee(tx, employee_id)
    assert employee is not None
    return employee
