"""What every service answers to everybody beside its own routes: alive, ready, metrics, the contracts."""

from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import HTMLResponse, JSONResponse, Response

from shared.chassis.access.policy import public
from shared.chassis.contract import docs_page
from shared.chassis.contract.asyncapi import asyncapi, to_yaml
from shared.chassis.observability import metrics
from shared.chassis.operations import readiness
from shared.chassis.service import Service
from shared.errors import not_found

router = APIRouter(tags=["running"], dependencies=[public()], include_in_schema=False)


@router.get("/livez")
async def live() -> dict[str, str]:
    """The process answers. Nothing else is looked at, so that a database's trouble does not restart services."""
    return {"status": "alive"}


@router.get("/readyz")
async def ready(request: Request) -> JSONResponse:
    """Whether this service can be used, and what of it is stuck: which part, since when, and why.

    It is not ready while its database does not answer, or a part of it hangs or has ended. A part that waits for a
    broker that is away is told and keeps nobody from being served.
    """
    service: Service = request.app.state.service
    stuck = await readiness.list_stuck(service)
    status: Literal[200, 503] = 503 if service.stopping.is_set() or any(part.grave for part in stuck) else 200
    body = {
        "status": "ready" if status == 200 else "not ready",
        "reasons": [part.words for part in stuck],
        "stuck": [asdict(part) for part in stuck],
        "instance": service.settings.instance,
    }
    return JSONResponse(jsonable_encoder(body), status)


@router.get("/metrics")
async def show_metrics(request: Request) -> Response:
    """Metrics in Prometheus's text format."""
    return Response(request.app.state.service.metrics.text(), headers={"Content-Type": metrics.CONTENT_TYPE})


@router.get("/openapi.json")
async def show_contract(request: Request) -> JSONResponse:
    """The OpenAPI document of this service."""
    return JSONResponse(request.app.openapi())


@router.get("/asyncapi.yaml")
async def show_event_contract(request: Request) -> Response:
    """All events of the system, and which of them this service hears."""
    service = request.app.state.service
    text = to_yaml(asyncapi({service.name: service.subscriptions.handlers}))
    return Response(text, headers={"Content-Type": "application/yaml"})


@router.get("/docs")
async def show_docs(request: Request) -> HTMLResponse:
    """The contract as a page. It loads nothing from elsewhere, so it works offline."""
    return HTMLResponse(docs_page.docs_page(request.app.title), headers=docs_page.HEADERS)


@router.get("/docs/{name}")
async def show_file_of_docs(name: str) -> Response:
    """A script or style of that page."""
    file = docs_page.static_file(name)
    if file is None:
        raise not_found("not_found", "There is nothing here.")
    return Response(file[0], media_type=file[1], headers=docs_page.KEPT)
