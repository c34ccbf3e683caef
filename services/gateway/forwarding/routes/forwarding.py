"""Everything below /v1 that the gateway does not answer itself goes to the service that does."""

import json
from dataclasses import replace

import orjson
from fastapi import APIRouter, Request, Response
from starlette.routing import Route

from services.gateway.core.domain import uuid_in
from services.gateway.dependencies import service_of, settings_of
from services.gateway.forwarding.dependencies import composer_of, forward_request, read_promptly, response_of
from services.gateway.forwarding.domain.paths import customer_in, is_for_partners, is_prompt, is_streamed, service_for
from services.gateway.forwarding.handlers.calls import ServiceAnswer, ServiceCall, forward
from services.gateway.forwarding.handlers.names import with_names
from services.gateway.forwarding.handlers.overview import load_fresh_overview
from services.gateway.forwarding.routes.streams import stream_to_service
from services.gateway.partners.handlers import reporter_of
from services.gateway.references.handlers import require_customer
from shared.chassis import Actor, Id, Refused, allow, list_visible, passes_query_on
from shared.chassis.access import READ, WRITE, actor_of
from shared.chassis.audience import filter_fields, hidden_fields
from shared.chassis.http.strict_json import parse_json
from shared.chassis.problems import methods_at, problem
from shared.errors import customer_not_found, not_found

router = APIRouter(prefix="/v1", include_in_schema=False, redirect_slashes=False)

FORWARDED_PATH = "/{path:path}"  # takes what no other route took
FORWARDED_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
WITHOUT_NAMES = frozenset({"tiering"})  # services that show customers in lists, and keep no names
ANYBODY_SIGNED_IN = allow(*(READ | WRITE))  # the service behind knows which scope each of its routes needs


@router.get("/customers/{customer_id}/overview", dependencies=[allow("customers:read")])
async def read_overview(request: Request, customer_id: Id, fresh: bool = False) -> Response:
    """The 360. From profile's one row; `fresh=true` asks each service and says which did not answer."""
    actor = await actor_of(request)
    await _require_own_customers(request, actor, b"")
    if not fresh:
        return _readable(await read_promptly(request, "profile", actor), actor)
    overview, refusal = await load_fresh_overview(composer_of(request), customer_id, actor)
    if refusal is not None:
        return response_of(refusal)
    return Response(json.dumps(overview, ensure_ascii=False), media_type="application/json")


def _readable(answer: ServiceAnswer, actor: Actor) -> Response:
    """The answer as far as the actor may read it: a second lock, beside profile's own."""
    if not answer.succeeded or not hidden_fields(actor):
        return response_of(answer)
    return Response(orjson.dumps(filter_fields(answer.json(), actor)), answer.status, answer.headers)


async def forward_to_service(request: Request, path: str) -> Response:
    """Hand the request to the service that answers this path, and its answer back; in lists with names."""
    name = service_for(path)
    if name is None:
        return method_not_allowed(request)
    actor = await actor_of(request)
    if request.method not in FORWARDED_METHODS:
        return await _method_of_nobody(request, name, actor)
    if is_streamed(request.method, path):
        await _require_own_customers(request, actor, b"")
        return await stream_to_service(request, name, actor)
    body = await request.body()
    await _require_own_customers(request, actor, body)
    query: bytes = request.scope["query_string"]
    if is_prompt(request.method, path):
        return response_of(await read_promptly(request, name, actor, query=query))
    answer = await forward_request(request, name, actor, body, query=query)
    if answer.status == 405:
        return response_of(_with_own_methods(request, answer))
    return response_of(await with_names(composer_of(request), actor, answer) if name in WITHOUT_NAMES else answer)


router.add_api_route(FORWARDED_PATH, forward_to_service, dependencies=[ANYBODY_SIGNED_IN, passes_query_on])
for route in router.routes:
    if isinstance(route, Route) and route.path == f"/v1{FORWARDED_PATH}" and route.methods is not None:
        route.methods.clear()  # all, also those that nobody knows: which a path has is said by who answers it


async def _method_of_nobody(request: Request, name: str, actor: Actor) -> Response:
    """405 as for OPTIONS, which no service has: a method that is not forwarded is told which there are."""
    call = ServiceCall("OPTIONS", request.scope["path"])
    seconds = settings_of(request).part_seconds
    return response_of(
        _with_own_methods(request, await forward(service_of(request), name, call, actor, seconds=seconds))
    )


def _with_own_methods(request: Request, answer: ServiceAnswer) -> ServiceAnswer:
    """A service's 405 with the methods that the gateway itself has for this path."""
    methods = {method.strip() for method in answer.headers.get("allow", "").split(",")}
    allowed = sorted(filter(None, methods | set(_own_methods(request))))
    return replace(answer, headers=answer.headers | {"allow": ", ".join(allowed)})


def _own_methods(request: Request) -> list[str]:
    own = [route for route in request.app.routes if getattr(route, "path", None) != f"/v1{FORWARDED_PATH}"]
    return methods_at(own, request.scope["path"])


async def _require_own_customers(request: Request, actor: Actor, body: bytes) -> None:
    """Refuse a partner, or who is held to accounts, with 404 when a customer named in the path, the query or the body
    is none of its own."""
    if actor.sees_every_customer:
        return
    path = request.scope["path"].removeprefix("/v1/")
    if actor.partner_id is not None and not is_for_partners(path):
        raise Refused(403, "forbidden", "Partners see their own customers and cases only.")
    named = [customer_in(path), *request.query_params.getlist("customer_id"), *_customers_named_in(body)]
    ids = {text: uuid_in(text) for text in named if text is not None}
    if None in ids.values():
        raise customer_not_found(None)
    if ids:
        async with service_of(request).database.transaction() as tx:
            for customer_id in filter(None, ids.values()):
                await require_customer(tx, customer_id, reporter_of(actor))
                if actor.partner_id is None and not await list_visible(tx, actor, [customer_id]):
                    raise customer_not_found(customer_id)


def _customers_named_in(body: bytes) -> list[str | None]:
    """The ids of customers as they stand in a JSON body: `customer_id`, or `customer: {id}`."""
    content = parse_json(body) if body else None  # always: a name may be spelled in many ways, as "\u0063ustomer"
    if not isinstance(content, dict):
        return []
    customer = content.get("customer")
    named = (content.get("customer_id"), customer.get("id") if isinstance(customer, dict) else None)
    return [None if text is None else str(text) for text in named]


def method_not_allowed(request: Request) -> Response:
    """405 with the methods that the gateway's own routes have for this path; 404 when it has no such path."""
    allowed = _own_methods(request)
    if not allowed:
        raise not_found("not_found", "Nothing is there.")
    return problem(
        405,
        "method_not_allowed",
        "This path has other methods: see the header Allow.",
        headers={"Allow": ", ".join(allowed)},
    )
