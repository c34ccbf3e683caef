"""The contract of the whole: OpenAPI of all services in one, AsyncAPI of all events, a page of it; and who is up."""

import asyncio
from typing import Any

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from services.gateway.contract.dependencies import contract_of
from services.gateway.contract.handlers import SERVICES, error_codes_page
from services.gateway.contract.schemas import HealthRead, ServiceHealth
from services.gateway.dependencies import service_of, settings_of
from shared.chassis import Service, allow, public
from shared.chassis.access import READ, ROLES
from shared.chassis.contract.asyncapi import asyncapi, to_yaml
from shared.chassis.contract.docs_page import HEADERS, docs_page
from shared.chassis.problems import ERRORS_PAGE

router = APIRouter(tags=["running"], redirect_slashes=False)

HEALTH_SECONDS = 1.5
PEOPLE = tuple(role for role in ROLES if role != "partner")  # a partner's token names its partner


@router.get("/openapi.json", dependencies=[public()], include_in_schema=False)
async def show_contract(request: Request) -> JSONResponse:
    """OpenAPI of all services in one document."""
    return JSONResponse(await _contract(request))


@router.get("/docs", dependencies=[public()], include_in_schema=False)
async def show_docs(request: Request) -> HTMLResponse:
    """A page of the whole contract, to read and to try."""
    roles = PEOPLE if settings_of(request).dev_issuer else ()
    return HTMLResponse(docs_page("Patron", {"Error codes": ERRORS_PAGE}, roles), headers=HEADERS)


@router.get(ERRORS_PAGE, dependencies=[public()], include_in_schema=False)
async def show_error_codes() -> HTMLResponse:
    """All codes of problems: where `type` of a problem leads."""
    return HTMLResponse(error_codes_page(), headers=HEADERS)


@router.get("/asyncapi.yaml", dependencies=[public()], include_in_schema=False)
async def show_events_contract(request: Request) -> Response:
    """AsyncAPI of all events."""
    listens = {"gateway": sorted(service_of(request).subscriptions.handlers)}
    return Response(to_yaml(asyncapi(listens)), media_type="application/yaml")


@router.get("/v1/health", dependencies=[allow(*READ)])
async def show_health(request: Request) -> HealthRead:
    """Whether the services behind the gateway are ready."""
    service = service_of(request)
    healths = list(await asyncio.gather(*[_health_of(service, name) for name in SERVICES]))
    all_ready = all(health.state == "ready" for health in healths)
    return HealthRead(state="ready" if all_ready else "degraded", services=healths)


async def _health_of(service: Service, name: str) -> ServiceHealth:
    try:
        answer = await service.clients.internal(name).get("/readyz", timeout=HEALTH_SECONDS)
    except (httpx.HTTPError, LookupError):
        return ServiceHealth(name=name, state="away")
    return ServiceHealth(name=name, state="ready" if answer.status_code == 200 else "not_ready")


async def _contract(request: Request) -> dict[str, Any]:
    return await contract_of(request).read(service_of(request), request.app.openapi())
