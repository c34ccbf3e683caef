"""The directory of employees grows, and employees are placed at service centres (P5)."""

from dataclasses import replace

from services.profile_svc.employees import repository as employees
from services.profile_svc.employees.domain import Employee
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


async def place_employee_at_centre(tx: Transaction, employee_id: str, centre: str | None) -> Employee:
    """The service centre the employee works at from now on; None: none. The same centre again announces nothing."""
    if await employees.find_employee(tx, employee_id) is None:
        raise not_found("employee_not_found", "There is no such employee in the directory.")
    if await employees.save_centre(tx, employee_id, centre):
        announce(tx, [EmployeeChanged(change_id=new_id(), employee_id=employee_id, centre=centre, changed_at=tx.at)])
    placed = await employees.find_employee(tx, employee_id)
    assert placed is not None
    return placed
