"""The account team and the employees' directory over HTTP (P5)."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import StringConstraints

from services.profile_svc.employees.dependencies import EmployeeId, WhoseWork
from services.profile_svc.employees.schemas import EmployeeEntryRead, show_entry
from services.profile_svc.files.repository import customer_files
from services.profile_svc.teams import repository as teams
from services.profile_svc.teams.domain import team_of_merged
from services.profile_svc.teams.handlers import (
    assign_team_member,
    record_departure,
    release_team_member,
    take_back_departure,
)
from services.profile_svc.teams.schemas import (
    AccountRead,
    AssignmentCreate,
    AssignmentRead,
    DepartureCreate,
    TeamRead,
    show_member,
)
from shared.chassis import (
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
    sends,
    service_router,
    staff_only,
)
from shared.chassis.audit import add_access
from shared.chassis.http.instants import refuse_backdating, refuse_future
from shared.chassis.http.pages import DEFAULT_LIMIT
from shared.messaging.ids import new_id

router = service_router(prefix="/v1", tags=["team"])

BACKDATING_GRACE = timedelta(days=1)  # a change of yesterday is still entered by whoever made it

Note = Annotated[Annotated[Text, StringConstraints(max_length=2000)] | None, Query()]


@router.get("/customers/{customer_id}/team", dependencies=[allow("customers:read"), staff_only])
async def read_team(customer_id: Id, tx: Tx, actor: CurrentActor) -> TeamRead:
    """The account team now and before; of a merged customer that of all its members. Not for partners."""
    file = await customer_files.get_file(tx, customer_id, actor)
    await add_access(tx, actor, "read_team", file.members)
    members = await teams.list_members(tx, file.members, current=False)
    team = {member.id for member in team_of_merged(file, [member.assignment for member in members])}
    return TeamRead(
        members=[show_member(member) for member in members if member.assignment.id in team],
        past=[show_member(member) for member in members if member.assignment.id not in team],
    )


@router.post(
    "/customers/{customer_id}/team", status_code=201, dependencies=[allow("team:write"), staff_only],
    responses={201: sends("Location")},
)  # fmt: skip
async def assign_to_team(
    customer_id: Id, body: AssignmentCreate, response: Response, tx: Tx, actor: CurrentActor
) -> AssignmentRead:
    """A new account manager takes over from the present one, who is released with the hand-over note."""
    since = body.since or tx.at
    refuse_future(since, tx.at, "/from")
    refuse_backdating(since, tx.at, actor, allowed=BACKDATING_GRACE)
    id = new_id()
    assignment = await assign_team_member(
        tx, actor, id, customer_id, body.employee_id, body.role, since, body.hand_over_note
    )
    response.headers["Location"] = f"/v1/customers/{customer_id}/team/{id}"
    members = await teams.list_members(tx, [assignment.customer_id], current=True)
    return show_member(next(member for member in members if member.assignment.id == id))


@router.delete(
    "/customers/{customer_id}/team/{assignment_id}", status_code=204, dependencies=[allow("team:write"), staff_only]
)
async def release_from_team(
    customer_id: Id, assignment_id: Id, tx: Tx, actor: CurrentActor, hand_over_note: Note = None
) -> None:
    """The assignment ends now and stays in the history. Doing it again changes nothing."""
    await release_team_member(tx, actor, customer_id, assignment_id, hand_over_note)


@router.get("/employees/{employee_id}/accounts", dependencies=[allow("customers:read"), staff_only])
async def list_accounts(
    whose: WhoseWork, tx: Tx, actor: CurrentActor, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[AccountRead]:
    """Whom the employee looks after now, with the accounts of whom they stand in for today. Who sees only accounts of
    their own asks for their own. Not for partners."""
    after = read_cursor(cursor, UUID, UUID)
    listed = await teams.list_accounts(tx, whose, None if after is None else (after[0], after[1]), limit + 1)
    page = page_of(listed, limit, lambda account: (account.customer_id, account.assignment_id))
    await add_access(tx, actor, "listed", list(dict.fromkeys(account.customer_id for account in page.items)))
    return Page(items=[AccountRead.model_validate(account) for account in page.items], next=page.next)


@router.post("/employees/{employee_id}/departure", dependencies=[allow("people:admin"), staff_only])
async def record_a_departure(
    employee_id: EmployeeId, body: DepartureCreate, tx: Tx, actor: CurrentActor
) -> EmployeeEntryRead:
    """The employee left: their sign-in opens nothing any more, and nothing new becomes theirs. While accounts are
    theirs, or they stand in for somebody, the refusal says what has to be handed over. Again: nothing changes."""
    at = body.at or tx.at
    refuse_future(at, tx.at, "/at")
    refuse_backdating(at, tx.at, actor, allowed=BACKDATING_GRACE)
    return show_entry(await record_departure(tx, employee_id, at), tx.at)


@router.delete("/employees/{employee_id}/departure", dependencies=[allow("people:admin"), staff_only])
async def take_back_a_departure(employee_id: EmployeeId, tx: Tx) -> EmployeeEntryRead:
    """The employee came back, or it was entered by mistake: they sign in again, as who they were."""
    return show_entry(await take_back_departure(tx, employee_id), tx.at)
