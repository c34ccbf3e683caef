"""The contract of the whole: OpenAPI of all services in one, AsyncAPI of all events, a page of it; and who is up."""

import asyncio
from typing import Any

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from services.gateway.contract.dependencies import contract_of
from services.gateway.contract.handlers import SERVICES
from services.gateway.contract.schemas import HealthRead, ServiceHealth
from services.gateway.dependencies import service_of
from shared.chassis import Service, allow, public
from shared.chassis.access import READ
from shared.chassis.contract.asyncapi import asyncapi, to_yaml
from shared.chassis.contract.docs_page import page_of_contract

router = APIRouter(tags=["running"], redirect_slashes=False)

HEALTH_SECONDS = 1.5


@router.get("/openapi.json", dependencies=[public()], include_in_schema=False)
async def show_contract(request: Request) -> JSONResponse:
    """OpenAPI of all services in one document."""
    return JSONResponse(await _contract(request))


@router.get("/docs", dependencies=[public()], include_in_schema=False)
async def show_docs(request: Request) -> HTMLResponse:
    """A page of the whole contract."""
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
    return HTMLResponse(page_of_contract(await _contract(request)), headers=headers)


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
