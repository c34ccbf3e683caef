"""Everything below /v1 that the gateway does not answer itself goes to the service that does."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from services.gateway.domain.paths import customer_in, id_in, is_for_partners, service_for
from services.gateway.domain.references import Reference
from services.gateway.handlers import customers
from services.gateway.handlers.forwarding import Answer, Call, forward
from services.gateway.handlers.intake import reporter_of
from services.gateway.handlers.overview import ask_everybody
from services.gateway.routes.state import gateway_of, service_of
from services.gateway.schemas.customers import ReferenceCreate
from shared.chassis import Actor, Id, Refused, allow
from shared.chassis.access import READ, WRITE, actor_of
from shared.chassis.strict_json import parse_json
from shared.errors import invalid, not_found

router = APIRouter(prefix="/v1", include_in_schema=False, redirect_slashes=False)

ANYBODY_SIGNED_IN = allow(*(READ | WRITE))  # the service behind knows which scope each of its routes needs


@router.post("/customers", dependencies=[allow("customers:write")])
async def open_customer(request: Request) -> Response:
    """A new file. With a reference, the file gets the id that the registry has, or keeps, for its customer; who is new
    there is registered once profile has accepted the file."""
    actor = await actor_of(request)
    file = parse_json(await request.body())
    if not isinstance(file, dict):
        raise invalid("validation_failed", "A customer file is an object.")
    if "id" in file:
        raise invalid("extra_forbidden", "Ids are given by Patron.", pointer="/id")
    named: list[Reference] = []
    if file.get("reference") is not None:
        named = [await _reference_in(request, file["reference"], actor)]
        (offered,) = await service_of(request).database.run(lambda tx: customers.offer_ids(tx, named))
        file |= {"id": str(offered), "reference": {"source": named[0][0], "ref": named[0][1]}}
    answer = await _forward(request, "profile", actor, json.dumps(file, ensure_ascii=False).encode())
    if customers.has_a_file(answer.status, said := _said(answer)):
        opened = id_in(said.get("id"))
        ids = [] if opened is None else [opened]
        reporter = gateway_of(request).intake.reporter(actor)
        await service_of(request).database.run(lambda tx: customers.files_are_open(tx, ids, named, reporter))
    return _response(answer)


@router.get("/customers/{customer_id}/overview", dependencies=[allow("customers:read")])
async def read_overview(request: Request, customer_id: Id, fresh: bool = False) -> Response:
    """The 360. From profile's one row; `fresh=true` asks each service and says which did not answer."""
    actor = await actor_of(request)
    await _hold_to_own_customers(request, actor, b"")
    if not fresh:
        return _response(await _forward(request, "profile", actor, b""))
    seconds = gateway_of(request).settings.forward_seconds
    overview, refusal = await ask_everybody(service_of(request), customer_id, actor, seconds=seconds)
    if refusal is not None:
        return _response(refusal)
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
    return _response(await _forward(request, name, actor, body))


async def _forward(request: Request, name: str, actor: Actor, body: bytes) -> Answer:
    call = Call(request.method, request.scope["path"], request.scope["query_string"], request.headers, body)
    return await forward(service_of(request), name, call, actor, seconds=gateway_of(request).settings.forward_seconds)


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers)


async def _reference_in(request: Request, said: Any, actor: Actor) -> Reference:
    """The reference under its registered source."""
    reference = ReferenceCreate.read(said)
    intake = gateway_of(request).intake
    return await intake.source(intake.reporter(actor), reference.source, pointer="/reference/source"), reference.ref


def _said(answer: Answer) -> dict[str, Any]:
    """What an answer says, when it is an object."""
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


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
