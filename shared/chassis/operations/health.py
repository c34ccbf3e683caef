"""What every service answers to everybody beside its own routes: alive, ready, metrics, the contracts."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from shared.chassis.access.policy import public
from shared.chassis.contract import docs_page
from shared.chassis.contract.asyncapi import asyncapi, to_yaml
from shared.chassis.observability import metrics
from shared.errors import not_found

READY_SECONDS = 2.0
DEAD_SECONDS = 60.0  # a consumer that has not polled for so long hangs

router = APIRouter(tags=["running"], dependencies=[public()], include_in_schema=False)


@router.get("/livez")
async def live() -> dict[str, str]:
    """The process answers. Nothing else is looked at, so that a database's trouble does not restart services."""
    return {"status": "alive"}


@router.get("/readyz")
async def ready(request: Request) -> JSONResponse:
    """The database answers and the consumer moves."""
    service = request.app.state.service
    reasons: list[str] = []
    try:
        await asyncio.wait_for(service.database.run(lambda tx: tx.raw.fetchval("select 1")), READY_SECONDS)
    except Exception:
        reasons.append("the database does not answer")
    consumer = service.consumer
    if consumer is not None and not await _consumer_moves(consumer.alive_at):
        reasons.append("the consumer does not move")
    for name, task in service.tasks.items():
        if task.done():
            reasons.append(f"{name} has ended")
    status: Literal[200, 503] = 503 if reasons or service.stopping.is_set() else 200
    body = {"status": "ready" if status == 200 else "not ready", "reasons": reasons}
    return JSONResponse(body | {"instance": service.settings.instance}, status)


async def _consumer_moves(alive_at: float) -> bool:
    """One that has not begun yet (a broker that is away) keeps nobody from being served over HTTP."""
    return alive_at == 0.0 or asyncio.get_running_loop().time() - alive_at < DEAD_SECONDS


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
