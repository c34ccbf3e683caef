"""Below a customer: references added, shown and removed; merges by reference, and what they would change."""

import json
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response

from services.gateway.customers.handlers import load_merge_preview
from services.gateway.customers.schemas import (
    CustomerReferenceCreate,
    CustomerReferenceList,
    CustomerReferenceRead,
    show_reference,
)
from services.gateway.dependencies import service_of
from services.gateway.forwarding.dependencies import composer_of, forward_request, response_of
from services.gateway.partners.dependencies import sources_of
from services.gateway.partners.handlers import reporter_of
from services.gateway.references import handlers as references
from services.gateway.references.domain import CustomerIdentifier
from services.gateway.references.repository import load_registry
from shared.chassis import Actor, CurrentActor, Id, Tx, allow, sends, service_router, visible_thing_in_path
from shared.chassis.access import actor_of
from shared.chassis.audit import add_access
from shared.chassis.http.strict_json import parse_json
from shared.errors import customer_not_found
from shared.messaging import Transaction

EVERY_CUSTOMER = "customers:all"


async def _itself(_tx: Transaction, customer_id: UUID) -> UUID:
    return customer_id


visible_account = visible_thing_in_path("customer_id", _itself, "customer_not_found", "There is no such customer.")
router = service_router(prefix="/v1/customers/{customer_id}", tags=["customers"], dependencies=[visible_account])
forwarded = APIRouter(  # profile's contract describes them
    prefix="/v1/customers/{customer_id}", include_in_schema=False, redirect_slashes=False
)
CHANGE = [allow("customers:write", "orders:write")]  # people who keep files, and partners for their own source


@router.post("/references", status_code=201, dependencies=CHANGE, responses={201: sends("Location")})
async def add_customer_reference(
    customer_id: Id, body: CustomerReferenceCreate, request: Request, response: Response, tx: Tx, actor: CurrentActor
) -> CustomerReferenceRead:
    """Another reference of the customer: orders that name it are this customer's from now on. The same again changes
    nothing. One that names another customer is refused: if the two are one, they are merged."""
    reporter = reporter_of(actor)
    source = await sources_of(request).source(reporter, body.source, pointer="/source")
    tells_whose = reporter.is_partner or EVERY_CUSTOMER in actor.scopes
    reference, is_new = await references.add_customer_reference(
        tx, customer_id, (source, body.ref), reporter, tells_whose=tells_whose
    )
    await add_access(tx, actor, "reference_added", [reference.customer_id])
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/customers/{customer_id}/references/{reference.id}"
    return show_reference(reference)


@router.get("/references", dependencies=[allow("customers:read")])
async def list_customer_references(customer_id: Id, tx: Tx, actor: CurrentActor) -> CustomerReferenceList:
    """What each source calls the customer, all members of a merged one. A partner sees what it calls it itself."""
    listed = await references.list_customer_references(tx, customer_id, reporter_of(actor))
    await add_access(tx, actor, "read_references", [customer_id])
    return CustomerReferenceList(items=[show_reference(reference) for reference in listed])


@router.delete("/references/{reference_id}", status_code=204, dependencies=CHANGE)
async def remove_customer_reference(customer_id: Id, reference_id: Id, tx: Tx, actor: CurrentActor) -> None:
    """The reference names nobody any more: an order that comes with it opens a new customer. When it was the last one
    that a partner's source had, the partner sees the customer no more. Facts that came by it stay."""
    reference = await references.remove_customer_reference(tx, customer_id, reference_id, reporter_of(actor))
    await add_access(tx, actor, "reference_removed", [reference.customer_id])


@forwarded.post("/merges", dependencies=[allow("customers:merge")])
async def merge_customers(request: Request, customer_id: Id) -> Response:
    """Hand a merge to profile, with the id of an absorbed customer that is named by a reference."""
    actor = await actor_of(request)
    content = parse_json(await request.body())
    absorbed = content.get("absorbed") if isinstance(content, dict) else None
    if isinstance(absorbed, dict) and isinstance(absorbed.get("ref"), str) and "id" not in absorbed:
        absorbed_id = await _named_customer(request, actor, absorbed.get("source"), absorbed["ref"])
        content = {**content, "absorbed": {"id": str(absorbed_id)}}
    return response_of(await forward_request(request, "profile", actor, orjson.dumps(content)))


async def _named_customer(request: Request, actor: Actor, named: object, ref: str) -> UUID:
    """Whose reference this is; 404 when the registry has none such."""
    reporter = reporter_of(actor)
    source = named if isinstance(named, str) else None
    source = await sources_of(request).source(reporter, source, pointer="/absorbed/source")
    registry = await service_of(request).database.run(lambda tx: load_registry(tx, [(source, ref)], []))
    customer_id = registry.find(CustomerIdentifier(source=source, ref=ref), reporter)
    if customer_id is None:
        raise customer_not_found(None, pointer="/absorbed")
    return customer_id


@forwarded.get("/merges/preview", dependencies=[allow("customers:merge")])
async def preview_merge(request: Request, customer_id: Id, absorbed: Annotated[Id, Query()]) -> Response:
    """What a merge would do: profile's part, and what it changes in tiers, points and deadlines."""
    actor = await actor_of(request)
    preview, refusal = await load_merge_preview(composer_of(request), actor, customer_id, absorbed)
    if refusal is not None:
        return response_of(refusal)
    return Response(json.dumps(preview, ensure_ascii=False), media_type="application/json")
