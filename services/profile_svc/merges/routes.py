"""Merges over HTTP (P12): looked at beforehand, made, undone. The company's own: a partner does not see them."""

from typing import Annotated

from fastapi import Query, Response

from services.profile_svc.merges.handlers import merge_customers, preview_merge, read_merges, undo_merge
from services.profile_svc.merges.schemas import (
    MergeCreate,
    MergeList,
    MergePreview,
    MergeRead,
    show_merge,
    show_preview,
)
from shared.chassis import CurrentActor, Id, Tx, allow, sends, service_router, staff_only
from shared.errors import invalid

router = service_router(prefix="/v1/customers/{customer_id}/merges", tags=["merges"])

Absorbed = Annotated[Id, Query(description="who would be absorbed")]


@router.post(
    "", status_code=201, dependencies=[allow("customers:merge"), staff_only], responses={201: sends("Location")}
)
async def make_merge(customer_id: Id, body: MergeCreate, response: Response, tx: Tx, actor: CurrentActor) -> MergeRead:
    """Make another customer one with this one, who stands for both from now on. Nothing is moved: undoing the merge
    restores both as they were."""
    if body.absorbed.id is None:
        detail = "A reference comes with the id that intake keeps for it."
        raise invalid("reference_without_id", detail, pointer="/absorbed/id")
    merge = await merge_customers(tx, actor, customer_id, body.absorbed.id, body.keep)
    response.headers["Location"] = f"/v1/customers/{merge.root_id}/merges/{merge.merge_id}"
    return show_merge(merge)


@router.get("", dependencies=[allow("customers:read"), staff_only])
async def list_merges(customer_id: Id, tx: Tx, actor: CurrentActor) -> MergeList:
    """All merges of the customer and of whoever is or was one with it, undone ones too."""
    return MergeList(items=[show_merge(merge) for merge in await read_merges(tx, actor, customer_id)])


@router.get("/preview", dependencies=[allow("customers:merge"), staff_only])
async def show_merge_preview(customer_id: Id, absorbed: Absorbed, tx: Tx, actor: CurrentActor) -> MergePreview:
    """What a merge would do to the file, the team and the group, and whether it would be refused."""
    return show_preview(await preview_merge(tx, actor, customer_id, absorbed))


@router.delete("/{merge_id}", status_code=204, dependencies=[allow("customers:merge"), staff_only])
async def end_merge(customer_id: Id, merge_id: Id, tx: Tx, actor: CurrentActor) -> None:
    """Undo a merge: the two are two again, as if they had never been one. The last one made is the first one undone.
    Doing it again changes nothing."""
    await undo_merge(tx, actor, customer_id, merge_id)
