"""The account team and the employees' directory over HTTP (P5)."""

from datetime import timedelta
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import StringConstraints

from services.profile_svc.handlers.team import (
    assign_team_member,
    enter_employee,
    place_employee_at_centre,
    release_team_member,
)
from services.profile_svc.repository import customers, team
from services.profile_svc.repository.team import Employee
from services.profile_svc.routes.asking import CurrentReader
from services.profile_svc.schemas.team import (
    AssignmentCreate,
    AssignmentRead,
    CentreUpdate,
    EmployeeCreate,
    EmployeeEntryRead,
    TeamRead,
    show_entry,
    show_member,
)
from shared.chassis import (
    Code,
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Text,
    Tx,
    allow,
    page_of,
    read_cursor,
    service_router,
)
from shared.chassis.pages import DEFAULT_LIMIT
from shared.chassis.times import refuse_backdating, refuse_future
from shared.messaging.ids import new_id

router = service_router(prefix="/v1", tags=["team"])

ENTERED_LATE = timedelta(days=1)  # a change of yesterday is still entered by whoever made it

EmployeeId = Annotated[Code, Path()]
Note = Annotated[Annotated[Text, StringConstraints(max_length=2000)] | None, Query()]


@router.post("/employees", status_code=201, dependencies=[allow("team:write")])
async def enter_an_employee(body: EmployeeCreate, tx: Tx) -> EmployeeEntryRead:
    return show_entry(await enter_employee(tx, Employee(body.employee_id, body.name, body.phone_extension)))


@router.put("/employees/{employee_id}/centre", dependencies=[allow("team:write")])
async def place_an_employee(employee_id: EmployeeId, body: CentreUpdate, tx: Tx) -> EmployeeEntryRead:
    """The service centre the employee works at from now on."""
    return show_entry(await place_employee_at_centre(tx, employee_id, body.centre))


@router.get("/employees", dependencies=[allow("customers:read")])
async def list_employees(
    tx: Tx, reader: CurrentReader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[EmployeeEntryRead]:
    reader.check_is_ours()
    after = read_cursor(cursor, str)
    found = await team.list_employees(tx, after[0] if after else None, limit + 1)
    page = page_of(found, limit, lambda one: (one.employee_id,))
    return Page(items=[show_entry(one) for one in page.items], next=page.next)


@router.get("/customers/{customer_id}/team", dependencies=[allow("customers:read")])
async def read_team(customer_id: Id, tx: Tx, reader: CurrentReader) -> TeamRead:
    reader.check_is_ours()
    await customers.get_file(tx, customer_id, reader)
    await customers.add_access(tx, reader, "read_team", [customer_id])
    members = await team.list_members(tx, [customer_id], current=False)
    return TeamRead(
        members=[show_member(one) for one in members if one.assignment.is_current],
        past=[show_member(one) for one in members if not one.assignment.is_current],
    )


@router.post("/customers/{customer_id}/team", status_code=201, dependencies=[allow("team:write")])
async def assign_to_team(
    customer_id: Id, body: AssignmentCreate, response: Response, tx: Tx, actor: CurrentActor, reader: CurrentReader
) -> AssignmentRead:
    """A new account manager takes over from the present one, who is released with the hand-over note."""
    since = body.since or tx.at
    refuse_future(since, tx.at, "/from")
    refuse_backdating(since, tx.at, actor, allowed=ENTERED_LATE)
    id = new_id()
    await assign_team_member(tx, reader, id, customer_id, body.employee_id, body.role, since, body.hand_over_note)
    response.headers["Location"] = f"/v1/customers/{customer_id}/team/{id}"
    members = await team.list_members(tx, [customer_id], current=True)
    return show_member(next(one for one in members if one.assignment.id == id))


@router.delete("/customers/{customer_id}/team/{assignment_id}", status_code=204, dependencies=[allow("team:write")])
async def release_from_team(
    customer_id: Id, assignment_id: Id, tx: Tx, reader: CurrentReader, hand_over_note: Note = None
) -> None:
    """The assignment ends now and stays in the history. Doing it again changes nothing."""
    await release_team_member(tx, reader, customer_id, assignment_id, hand_over_note)
