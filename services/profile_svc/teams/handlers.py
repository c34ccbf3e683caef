"""Who looks after a customer changes (P5); the directory of employees grows."""

from datetime import datetime
from uuid import UUID

from services.profile_svc.employees.repository import check_employee
from services.profile_svc.files.domain.combined_file import ACCOUNT_MANAGER
from services.profile_svc.files.repository import customer_files
from services.profile_svc.teams import repository as teams
from services.profile_svc.teams.domain import Assignment, Role, assign, release
from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.messaging import Transaction, announce


async def assign_team_member(
    tx: Transaction,
    actor: Actor,
    id: UUID,
    customer_id: UUID,
    employee_id: str,
    role: Role,
    since: datetime,
    hand_over_note: str | None,
) -> Assignment:
    """The file's lock lets one change of a team happen at a time. Of a merged customer (P12) the root's team grows, and
    its account manager counts from then on."""
    file = await customer_files.load_file(tx, customer_id, actor)
    await check_employee(tx, employee_id)
    new = Assignment(id, file.edited_member, employee_id, role, since)
    changed, events = assign(await teams.list_assignments(tx, new.customer_id), new, hand_over_note=hand_over_note)
    await teams.save_assignments(tx, changed)
    if role == "account_manager":
        await teams.save_account_manager(tx, new.customer_id, employee_id)
        await customer_files.note_edited(tx, file, [ACCOUNT_MANAGER])
    await add_access(tx, actor, "team_changed", file.members)
    announce(tx, events)
    return new


async def release_team_member(
    tx: Transaction, actor: Actor, customer_id: UUID, assignment_id: UUID, hand_over_note: str | None
) -> Assignment:
    """Take somebody off a team now; releasing again changes nothing. An account manager leaves the overview as well."""
    file = await customer_files.load_file(tx, customer_id, actor)
    assignment = await teams.load_assignment(tx, file.members, assignment_id)
    released, events = release(assignment, tx.at, hand_over_note=hand_over_note)
    if events:
        await teams.save_assignments(tx, [released])
        if released.role == "account_manager":
            await teams.save_account_manager(tx, released.customer_id, None)
    await add_access(tx, actor, "team_changed", file.members)
    announce(tx, events)
    return released
