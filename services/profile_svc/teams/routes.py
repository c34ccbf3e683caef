"""The account team and the employees' directory over HTTP (P5)."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Response
from pydantic import StringConstraints

from services.profile_svc.files.repository import customer_files
from services.profile_svc.teams import repository as teams
from services.profile_svc.teams.domain import team_of_merged
from services.profile_svc.teams.handlers import assign_team_member, release_team_member
from services.profile_svc.teams.schemas import AssignmentCreate, AssignmentRead, TeamRead, show_member
from shared.chassis import (
    CurrentActor,
    Id,
    Text,
    Tx,
    allow,
    sends,
    service_router,
    staff_only,
)
from shared.chassis.audit import add_access
from shared.chassis.http.instants import refuse_backdating, refuse_future
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
