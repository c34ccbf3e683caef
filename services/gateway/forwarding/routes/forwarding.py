"""Everything below /v1 that the gateway does not answer itself goes to the service that does."""

import json

from fastapi import APIRouter, Request, Response

from services.gateway.core.domain import id_in
from services.gateway.dependencies import service_of, settings_of
from services.gateway.forwarding.dependencies import forward_request, response_of
from services.gateway.forwarding.domain import customer_in, is_for_partners, service_for
from services.gateway.forwarding.handlers.overview import ask_everybody
from services.gateway.partners.handlers import reporter_of
from services.gateway.references import handlers as customers
from shared.chassis import Actor, Id, Refused, allow
from shared.chassis.access import READ, WRITE, actor_of
from shared.chassis.strict_json import parse_json
from shared.errors import not_found

router = APIRouter(prefix="/v1", include_in_schema=False, redirect_slashes=False)

ANYBODY_SIGNED_IN = allow(*(READ | WRITE))  # the service behind knows which scope each of its routes needs


@router.get("/customers/{customer_id}/overview", dependencies=[allow("customers:read")])
async def read_overview(request: Request, customer_id: Id, fresh: bool = False) -> Response:
    """The 360. From profile's one row; `fresh=true` asks each service and says which did not answer."""
    actor = await actor_of(request)
    await _hold_to_own_customers(request, actor, b"")
    if not fresh:
        return response_of(await forward_request(request, "profile", actor, b""))
    seconds = settings_of(request).forward_seconds
    overview, refusal = await ask_everybody(service_of(request), customer_id, actor, seconds=seconds)
    if refusal is not None:
        return response_of(refusal)
    return Response(json.dumps(overview, ensure_ascii=False), media_type="application/json")


@router.api_route(
    "/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], dependencies=[ANYBODY_SIGNED_IN]
)
async def hand_on(request: Request, path: str) -> Response:
    name = service_for(path)
    if name is None:
        raise not_found("not_found", "Nothing is there.")
    actor = await actor_of(request)
    body = await request.body()
    await _hold_to_own_customers(request, actor, body)
    return response_of(await forward_request(request, name, actor, body))


async def _hold_to_own_customers(request: Request, actor: Actor, body: bytes) -> None:
    """For a partner: whoever is named in the path, the query or the body must be a customer of its own."""
    if actor.partner_id is None:
        return
    path = request.scope["path"].removeprefix("/v1/")
    if not is_for_partners(path):
        raise Refused(403, "forbidden", "Partners see their own customers and cases only.")
    named = [customer_in(path), *request.query_params.getlist("customer_id"), *_named_in(body)]
    ids = {text: id_in(text) for text in named if text is not None}
    if None in ids.values():
        raise customers.customer_not_found()
    if ids:
        async with service_of(request).database.transaction() as tx:
            for customer_id in filter(None, ids.values()):
                await customers.require_customer(tx, customer_id, reporter_of(actor))


def _named_in(body: bytes) -> list[str | None]:
    """The customers a body names: `customer_id`, or `customer: {id}`."""
    content = parse_json(body) if body else None  # always: a name may be spelled in many ways, as "\u0063ustomer"
    if not isinstance(content, dict):
        return []
    customer = content.get("customer")
    named = (content.get("customer_id"), customer.get("id") if isinstance(customer, dict) else None)
    return [None if one is None else str(one) for one in named]
