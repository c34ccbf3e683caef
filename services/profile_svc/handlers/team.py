"""Who looks after a customer changes (P5); the directory of employees grows."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.profile_svc.domain.reader import Reader
from services.profile_svc.domain.team import Assignment, Role, assign, release
from services.profile_svc.repository import customers, team
from services.profile_svc.repository.team import Employee
from shared.errors import conflict, not_found
from shared.events import EmployeeChanged
from shared.messaging import Transaction, announce, new_id


async def assign_team_member(
    tx: Transaction,
    reader: Reader,
    id: UUID,
    customer_id: UUID,
    employee_id: str,
    role: Role,
    since: datetime,
    hand_over_note: str | None,
) -> Assignment:
    """The file's lock lets one change of a team happen at a time."""
    await customers.load_file(tx, customer_id, reader)
    await team.check_employee(tx, employee_id)
    new = Assignment(id, customer_id, employee_id, role, since)
    changed, events = assign(await team.list_assignments(tx, customer_id), new, hand_over_note=hand_over_note)
    await team.save_assignments(tx, changed)
    if role == "account_manager":
        await team.save_account_manager(tx, customer_id, employee_id)
    await customers.add_access(tx, reader, "team_changed", [customer_id])
    announce(tx, events)
    return new


async def release_team_member(
    tx: Transaction, reader: Reader, customer_id: UUID, assignment_id: UUID, hand_over_note: str | None
) -> Assignment:
    await customers.load_file(tx, customer_id, reader)
    assignment = await team.load_assignment(tx, customer_id, assignment_id)
    released, events = release(assignment, tx.at, hand_over_note=hand_over_note)
    if events:
        await team.save_assignments(tx, [released])
        if released.role == "account_manager":
            await team.save_account_manager(tx, customer_id, None)
    await customers.add_access(tx, reader, "team_changed", [customer_id])
    announce(tx, events)
    return released


async def enter_employee(tx: Transaction, new: Employee) -> Employee:
    """The same employee again is the same answer; another one under the same id is refused."""
    if await team.add_employee(tx, new, tx.at):
        return new
    there = await team.find_employee(tx, new.employee_id)
    if there is None or replace(there, centre=None) != new:
        raise conflict("employee_exists", "another employee has this id")
    return there


async def place_employee_at_centre(tx: Transaction, employee_id: str, centre: str | None) -> Employee:
    """From now on. Saying it again changes nothing."""
    if await team.find_employee(tx, employee_id) is None:
        raise not_found("employee_not_found", "no such employee in the directory")
    if await team.save_centre(tx, employee_id, centre):
        announce(tx, [EmployeeChanged(change_id=new_id(), employee_id=employee_id, centre=centre, changed_at=tx.at)])
    placed = await team.find_employee(tx, employee_id)
    assert placed is not None
    return placed
