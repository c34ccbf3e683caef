"""The contact log over HTTP (P6). It is the company's own: a partner does not see it."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.profile_svc.contacts import repository as contacts
from services.profile_svc.contacts.handlers import record_completion, record_contact
from services.profile_svc.contacts.schemas import (
    CompletionCreate,
    ContactCreate,
    ContactRead,
    TaskRead,
    show_contact,
    show_task,
)
from services.profile_svc.dependencies import CurrentSettings
from services.profile_svc.employees.dependencies import WhoseWork
from services.profile_svc.files.repository import customer_files
from shared.chassis import (
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    page_of,
    read_cursor,
    sends,
    service_router,
    staff_only,
)
from shared.chassis.audit import add_access
from shared.chassis.http.instants import refuse_backdating, refuse_future
from shared.chassis.http.pages import DEFAULT_LIMIT
from shared.messaging.ids import new_id

router = service_router(prefix="/v1/customers/{customer_id}/contact-log", tags=["contact log"])
tasks = service_router(prefix="/v1/employees/{employee_id}/tasks", tags=["contact log"])

BACKDATING_GRACE = timedelta(days=14)  # who travels enters the visits of a fortnight

Open = Annotated[bool, Query(alias="open", description="only contacts whose next step is still to be done")]


@router.get("", dependencies=[allow("customers:read"), staff_only])
async def list_contact_log(
    customer_id: Id,
    tx: Tx,
    actor: CurrentActor,
    open_steps: Open = False,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ContactRead]:
    """Newest first; of a merged customer, of all its members."""
    file = await customer_files.get_file(tx, customer_id, actor)
    await add_access(tx, actor, "read_contact_log", file.members)
    before = read_cursor(cursor, datetime, UUID)
    contacts_found = await contacts.list_contacts(
        tx, file.members, None if before is None else (before[0], before[1]), limit + 1, open_steps=open_steps
    )
    page = page_of(contacts_found, limit, lambda contact: (contact.contacted_at, contact.id))
    return Page(items=[show_contact(contact) for contact in page.items], next=page.next)


@router.post(
    "", status_code=201, dependencies=[allow("customers:write"), staff_only], responses={201: sends("Location")}
)
async def log_contact(
    customer_id: Id,
    body: ContactCreate,
    response: Response,
    tx: Tx,
    actor: CurrentActor,
    settings: CurrentSettings,
) -> ContactRead:
    """Enter a contact; a fortnight back is anybody's to enter, older ones need the scope `history`."""
    refuse_future(body.contacted_at, tx.at, "/contacted_at")
    refuse_backdating(body.contacted_at, tx.at, actor, allowed=BACKDATING_GRACE)
    contact = body.contact(new_id(), customer_id)
    logged = await record_contact(tx, actor, contact, body.contacted_at.astimezone(settings.zone).date())
    response.headers["Location"] = f"/v1/customers/{customer_id}/contact-log/{logged.id}"
    return show_contact(logged)


@router.get("/{entry_id}", dependencies=[allow("customers:read"), staff_only])
async def read_contact(customer_id: Id, entry_id: Id, tx: Tx, actor: CurrentActor) -> ContactRead:
    """One entry of the log."""
    file = await customer_files.get_file(tx, customer_id, actor)
    await add_access(tx, actor, "read_contact_log", file.members)
    return show_contact(await contacts.load_contact(tx, file.members, entry_id))


@router.post("/{entry_id}/next-step/completion", dependencies=[allow("customers:write"), staff_only])
async def complete_next_step(
    customer_id: Id, entry_id: Id, body: CompletionCreate, tx: Tx, actor: CurrentActor
) -> ContactRead:
    """What was agreed is done. Doing it again changes nothing."""
    completed_at = body.completed_at or tx.at
    refuse_future(completed_at, tx.at, "/completed_at")
    return show_contact(await record_completion(tx, actor, customer_id, entry_id, completed_at, body.outcome))


@tasks.get("", dependencies=[allow("customers:read"), staff_only])
async def list_tasks(
    whose: WhoseWork,
    tx: Tx,
    actor: CurrentActor,
    settings: CurrentSettings,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[TaskRead]:
    """Next steps that the employee owes, or of whom they stand in for today; due soonest first. What somebody owed who
    left is the account manager's. Who sees only accounts of their own asks for their own. Not for partners."""
    after = read_cursor(cursor, date, UUID)
    steps = await contacts.list_open_steps(tx, whose, None if after is None else (after[0], after[1]), limit + 1)
    page = page_of(steps, limit, lambda step: (step.on, step.entry_id))
    await add_access(tx, actor, "read_contact_log", list(dict.fromkeys(step.customer_id for step in page.items)))
    today = tx.at.astimezone(settings.zone).date()
    return Page(items=[show_task(step, today) for step in page.items], next=page.next)
