"""Group customers over HTTP (P2): a customer's parent, and the group below a customer. The company's own."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query

from services.profile_svc.files.repository import customer_files
from services.profile_svc.groups import repository as groups
from services.profile_svc.groups.handlers import move_below_parent, take_out_of_group
from services.profile_svc.groups.schemas import GroupRead, ParentPut, ParentRead, show_group, show_parent
from shared.chassis import CurrentActor, Id, Instant, Tx, allow, service_router, staff_only
from shared.chassis.audit import add_access
from shared.chassis.http.instants import refuse_backdating, refuse_future

router = service_router(prefix="/v1/customers/{customer_id}", tags=["groups"])

BACKDATING_GRACE = timedelta(days=1)  # what changed yesterday is entered today; older needs the scope history

AsOf = Annotated[Instant | None, Query(description="as of when; now, if not given")]


@router.get("/parent", dependencies=[allow("customers:read"), staff_only])
async def read_parent(customer_id: Id, tx: Tx, actor: CurrentActor) -> ParentRead:
    """Below whom the customer is and was. Not for partners."""
    file = await customer_files.get_file(tx, customer_id, actor)
    await add_access(tx, actor, "read_group", file.members)
    return show_parent(file.members, await groups.list_memberships(tx, file.members), tx.at)


@router.put("/parent", dependencies=[allow("customers:write"), staff_only])
async def put_parent(customer_id: Id, body: ParentPut, tx: Tx, actor: CurrentActor) -> ParentRead:
    """Away from the parent it had, below this one; what is below it comes along. The same again changes nothing."""
    since = body.since or tx.at
    refuse_future(since, tx.at, "/from")
    refuse_backdating(since, tx.at, actor, allowed=BACKDATING_GRACE)
    file, history = await move_below_parent(tx, actor, customer_id, body.parent_id, since)
    return show_parent(file.members, history, max(tx.at, since))


@router.delete("/parent", status_code=204, dependencies=[allow("customers:write"), staff_only])
async def leave_parent(customer_id: Id, tx: Tx, actor: CurrentActor) -> None:
    """From now on it is below nobody; where it was before stays in its history."""
    await take_out_of_group(tx, actor, customer_id)


@router.get("/group", dependencies=[allow("customers:read"), staff_only])
async def read_group(customer_id: Id, tx: Tx, actor: CurrentActor, as_of: AsOf = None) -> GroupRead:
    """Who is below the customer, now or as of an instant. Not for partners."""
    file = await customer_files.get_file(tx, customer_id, actor)
    as_of = as_of or tx.at
    refuse_future(as_of, tx.at, "/as_of")
    members = await groups.list_members(tx, file.id, as_of)
    await add_access(tx, actor, "read_group", [member.customer_id for member in members])
    return show_group(file.id, as_of, members)
