"""Who looks after a customer changes (P5), and employees leave when nobody is theirs to look after any more."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.profile_svc.employees import repository as employees
from services.profile_svc.employees.domain import Employee, check_employed, leave
from services.profile_svc.employees.handlers import save_change
from services.profile_svc.files.domain.combined_file import ACCOUNT_MANAGER
from services.profile_svc.files.repository import customer_files
from services.profile_svc.teams import repository as teams
from services.profile_svc.teams.domain import Assignment, Role, assign, release
from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.errors import conflict
from shared.messaging import Transaction, announce

MOST_NAMED = 200  # accounts that the refusal of a departure names


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
    check_employed(await employees.check_employee(tx, employee_id))
    new = Assignment(id, file.edited_member, employee_id, role, since)
    changed, events = assign(await teams.list_assignments(tx, new.customer_id), new, hand_over_note=hand_over_note)
    await teams.save_assignments(tx, changed)
    if role == "account_manager":
        await teams.save_account_manager(tx, new.customer_id, employee_id)
        await customer_files.note_edited(tx, file, [ACCOUNT_MANAGER])
    await add_access(tx, actor, "team_changed", file.members)
    announce(tx, events)
    return new


async def record_departure(tx: Transaction, employee_id: str, at: datetime) -> Employee:
    """The employee left at an instant: nothing new becomes theirs, and their sign-in opens nothing. Again: no change.

    409 `accounts_to_hand_over` while they are on account teams or stand in for somebody: it says whose. The locked row
    keeps others from assigning them meanwhile. Next steps that they owe are owed by the account managers of their
    customers afterwards; 409 `steps_to_hand_over` while a customer has none.
    """
    known = await employees.load_employee(tx, employee_id, lock=True)
    left = leave(known, at)
    if left == known:
        return known
    accounts = await teams.list_accounts(tx, [employee_id], None, MOST_NAMED)
    stands_in_for = await employees.list_deputized(tx, employee_id, at)
    if accounts or stands_in_for:
        raise conflict(
            "accounts_to_hand_over",
            "Hand over the accounts to others first, and name other deputies.",
            accounts=[{"customer_id": str(account.customer_id), "role": account.role} for account in accounts],
            stands_in_for=stands_in_for,
        )
    if steps := await teams.list_unmanaged_steps(tx, employee_id, MOST_NAMED):
        raise conflict(
            "steps_to_hand_over",
            "Next steps would be nobody's: give their customers an account manager, or complete them.",
            next_steps=[{"entry_id": str(entry), "customer_id": str(customer)} for entry, customer in steps],
        )
    return await save_change(tx, known, left)


async def take_back_departure(tx: Transaction, employee_id: str) -> Employee:
    """The employee is there again, or never left. Doing it again changes nothing."""
    known = await employees.load_employee(tx, employee_id, lock=True)
    return known if known.left_at is None else await save_change(tx, known, replace(known, left_at=None))


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
