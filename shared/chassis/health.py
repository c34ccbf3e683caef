"""What every service answers beside its own routes: alive, ready, metrics, contract; `/internal` for other services."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import Field

from shared.chassis import metrics
from shared.chassis.access import CurrentActor, allow, public
from shared.chassis.docs_page import page_of_contract
from shared.chassis.event_contract import asyncapi, to_yaml
from shared.chassis.routing import Tx, service_router
from shared.chassis.shapes import Id, Instant, Read, Shape
from shared.errors import not_found
from shared.messaging import parked, streams
from shared.messaging.marks import list_not_past
from shared.messaging.status import read_status

READY_SECONDS = 2.0
DEAD_SECONDS = 60.0  # a consumer that has not polled for so long hangs

public_router = APIRouter(tags=["running"], dependencies=[public()], include_in_schema=False)
internal_router = service_router(prefix="/internal", tags=["internal"])


@public_router.get("/livez")
async def live() -> dict[str, str]:
    """The process answers. Nothing else is looked at, so that a database's trouble does not restart services."""
    return {"status": "alive"}


@public_router.get("/readyz")
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
    said = {"status": "ready" if status == 200 else "not ready", "reasons": reasons}
    return JSONResponse(said | {"instance": service.settings.instance}, status)


async def _consumer_moves(alive_at: float) -> bool:
    """One that has not begun yet (a broker that is away) keeps nobody from being served over HTTP."""
    return alive_at == 0.0 or asyncio.get_running_loop().time() - alive_at < DEAD_SECONDS


@public_router.get("/metrics")
async def show_metrics(request: Request) -> Response:
    return Response(request.app.state.service.metrics.text(), headers={"Content-Type": metrics.CONTENT_TYPE})


@public_router.get("/openapi.json")
async def show_contract(request: Request) -> JSONResponse:
    return JSONResponse(request.app.openapi())


@public_router.get("/asyncapi.yaml")
async def show_event_contract(request: Request) -> Response:
    """All events of the system, and which of them this service hears."""
    service = request.app.state.service
    text = to_yaml(asyncapi({service.name: service.subscriptions.handlers}))
    return Response(text, headers={"Content-Type": "application/yaml"})


@public_router.get("/docs")
async def show_docs(request: Request) -> HTMLResponse:
    """The contract as a page. It loads nothing from elsewhere, so it works offline."""
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
    return HTMLResponse(page_of_contract(request.app.openapi()), headers=headers)


class HeadRead(Read):
    key: str
    seq: int
    last_event_id: UUID


class HeadsRead(Read):
    epoch: UUID
    settled: bool = True
    heads: list[HeadRead]


class EndsAsked(Shape):
    """Numbers of an owner's epoch, by key."""

    epoch: Id
    ends: dict[str, Annotated[int, Field(strict=True, ge=1, le=2**62)]] = Field(max_length=streams.PAGE)


class PassedAnswer(Read):
    subscribed: bool
    not_past: list[str]


class RetryAnswer(Read):
    applied: bool


@internal_router.get("/streams/{topic}/heads", dependencies=[allow("internal", "ops")])
async def read_heads(
    request: Request,
    topic: str,
    tx: Tx,
    after: Annotated[str, Query(max_length=200)] = "",
    changed_since: Annotated[Instant | None, Query()] = None,
    settled_by: Annotated[Instant | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=streams.PAGE)] = streams.PAGE,
) -> HeadsRead:
    """How far each stream of a topic has counted: one page by key, all of them or those changed lately.

    `settled_by`: none yet (`settled` is false) while something recorded by then may still be uncommitted.
    """
    skew = timedelta(seconds=request.app.state.service.settings.clock_skew_seconds)
    if settled_by is not None and not await streams.is_settled(tx, settled_by, skew):
        return HeadsRead(epoch=await streams.read_epoch(tx), settled=False, heads=[])
    epoch, heads = await streams.read_heads(tx, topic, after=after, changed_since=changed_since, limit=limit)
    return HeadsRead(epoch=epoch, heads=[HeadRead.model_validate(head) for head in heads])


@internal_router.get("/streams/{topic}/{key}", dependencies=[allow("internal", "ops")])
async def read_stream(
    request: Request, topic: str, key: str, tx: Tx, first: Annotated[int, Query(alias="from", ge=1, le=2**62)] = 1
) -> dict[str, Any]:
    """Committed events of one stream from a number on; what a subscriber missed it pulls here."""
    if topic != request.app.state.service.topic:
        raise not_found("stream_not_found", "This service does not own that topic.")
    return streams.stretch_as_json(await streams.read_stretch(tx, topic, key, first))


@internal_router.post("/streams/{topic}/passed", dependencies=[allow("internal", "ops")])
async def tell_what_is_passed(request: Request, topic: str, asked: EndsAsked, tx: Tx) -> PassedAnswer:
    """Whether this service listens to a topic, and which keys it still needs: not past these numbers, or blocked."""
    if topic not in request.app.state.service.subscriptions.topics:
        return PassedAnswer(subscribed=False, not_past=[])
    return PassedAnswer(subscribed=True, not_past=await list_not_past(tx, topic, asked.epoch, asked.ends))


@internal_router.get("/status", dependencies=[allow("internal", "ops")])
async def show_status(request: Request, tx: Tx) -> dict[str, Any]:
    """How the backbone stands here: outbox, lag, gaps, parked keys, timers."""
    service = request.app.state.service
    status = await read_status(tx, service.consumer)
    work = {name: "ended" if task.done() else "running" for name, task in service.tasks.items()}
    return {"service": service.name, **status, "work": work}


@internal_router.get("/parked", dependencies=[allow("internal", "ops")])
async def list_parked(tx: Tx) -> dict[str, Any]:
    """Events that could not be applied. Their keys wait; other keys go on."""
    return {"items": [asdict(event) for event in await parked.list_parked(tx)]}


@internal_router.post("/parked/{parked_id}/retry", dependencies=[allow("internal", "ops")])
async def retry_parked(request: Request, parked_id: Id, actor: CurrentActor) -> RetryAnswer:
    """Apply it now; when it works, the key's later events follow."""
    return RetryAnswer(applied=await request.app.state.service.inbox.retry(parked_id, actor.subject))


@internal_router.post("/parked/{parked_id}/drop", status_code=204, dependencies=[allow("internal", "ops")])
async def drop_parked(request: Request, parked_id: Id, actor: CurrentActor) -> None:
    """Go past it, and record the hole."""
    await request.app.state.service.inbox.drop(parked_id, actor.subject)
