"""Contacts are written down, and what was agreed is done (P6). Every look and change is on the access trail (P13)."""

from datetime import date, datetime
from uuid import UUID

from services.profile_svc.contacts import repository as contacts
from services.profile_svc.contacts.domain import Contact, complete_next_step, log_contact
from services.profile_svc.employees.domain import check_employed
from services.profile_svc.employees.repository import check_employee
from services.profile_svc.files.repository import customer_files
from shared.chassis import Actor
from shared.chassis.audit import add_access, name_in_trail
from shared.messaging import Transaction, announce


async def record_contact(tx: Transaction, actor: Actor, contact: Contact, contacted_on: date) -> Contact:
    """Keep a contact in the log; 422 for unknown employees. `contacted_on`: the day of it where the business is."""
    await customer_files.load_file(tx, contact.customer_id, actor)
    await check_employee(tx, contact.employee_id)
    if contact.next_step is not None:
        check_employed(await check_employee(tx, contact.next_step.owner, pointer="/next_step/owner"))
    logged, events = log_contact(contact, contacted_on)
    await contacts.add_contact(tx, logged, name_in_trail(actor))
    await add_access(tx, actor, "contact_logged", [contact.customer_id])
    announce(tx, events)
    return logged


async def record_completion(
    tx: Transaction, actor: Actor, customer_id: UUID, id: UUID, completed_at: datetime, outcome: str | None
) -> Contact:
    """A next step was done; completing it again changes nothing."""
    file = await customer_files.load_file(tx, customer_id, actor)
    contact = await contacts.load_contact(tx, file.members, id)
    done, events = complete_next_step(contact, completed_at, outcome)
    if done is not contact:
        await contacts.save_completion(tx, done)
    await add_access(tx, actor, "next_step_completed", [contact.customer_id])
    announce(tx, events)
    return done
