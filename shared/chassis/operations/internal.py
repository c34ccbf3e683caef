"""What every service answers to other services and to the operator's command: its streams, its state, parked events."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from pydantic import AwareDatetime, Field

from shared.chassis.access.identity import CurrentActor
from shared.chassis.access.policy import allow
from shared.chassis.http.routing import Tx, service_router
from shared.chassis.http.shapes import Id, Instant, Read, Shape
from shared.errors import not_found
from shared.messaging.inbox import parked
from shared.messaging.inbox.positions import list_not_past
from shared.messaging.outbox import event_log
from shared.messaging.status import read_status

router = service_router(prefix="/internal", tags=["internal"])


class HeadRead(Read):
    """How far one stream has counted: its key, its last number, the event that has it."""

    key: str
    seq: int
    last_event_id: UUID


class HeadsRead(Read):
    """One page of heads, in one epoch of the owner's log; `settled` is false where it can not be told yet.

    `as_of` is of the owner's own clock: the next comparison asks for what changed since then.
    """

    epoch: UUID
    as_of: AwareDatetime
    settled: bool = True
    heads: list[HeadRead]


class StreamEnds(Shape):
    """Numbers of an owner's epoch, by key."""

    epoch: Id
    ends: dict[str, Annotated[int, Field(strict=True, ge=1, le=2**62)]] = Field(max_length=event_log.PAGE_SIZE)


class EpochSeen(Shape):
    """An epoch of the owner's log that the caller has seen."""

    seen: Id


class EpochRead(Read):
    """The epoch that the owner's log is in."""

    epoch: UUID


class PassedRead(Read):
    """Whether this service hears the topic, and the keys whose events it still needs."""

    subscribed: bool
    not_past: list[str]


class RetryRead(Read):
    """Whether the parked event could be applied now."""

    applied: bool


@router.get("/streams/{topic}/heads", dependencies=[allow("internal", "ops")])
async def read_heads(
    request: Request,
    topic: str,
    tx: Tx,
    after: Annotated[str, Query(max_length=200)] = "",
    changed_since: Annotated[Instant | None, Query()] = None,
    settled_by: Annotated[Instant | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=event_log.PAGE_SIZE)] = event_log.PAGE_SIZE,
) -> HeadsRead:
    """How far each stream of a topic has counted: one page by key, all of them or those changed lately.

    `settled_by`: none yet (`settled` is false) while something recorded by then may still be uncommitted.
    """
    skew = timedelta(seconds=request.app.state.service.settings.clock_skew_seconds)
    if settled_by is not None and not await event_log.is_fully_committed(tx, settled_by, skew):
        return HeadsRead(epoch=await event_log.read_epoch(tx), as_of=settled_by, settled=False, heads=[])
    page = await event_log.read_heads(tx, topic, after=after, changed_since=changed_since, limit=limit)
    heads = [HeadRead.model_validate(head) for head in page.heads]
    return HeadsRead(epoch=page.epoch, as_of=page.as_of, heads=heads)


@router.get("/streams/{topic}/{key}", dependencies=[allow("internal", "ops")])
async def read_stream(
    request: Request,
    topic: str,
    key: str,
    tx: Tx,
    first: Annotated[int, Query(alias="from", ge=1, le=2**62)] = 1,
    seen_epoch: Annotated[Id | None, Query()] = None,
) -> dict[str, Any]:
    """Committed events of one stream from a number on; what a subscriber missed it pulls here."""
    if topic != request.app.state.service.topic:
        raise not_found("stream_not_found", "This service does not own that topic.")
    log_slice = await event_log.read_slice(tx, topic, key, first, seen_epoch=seen_epoch)
    return event_log.slice_as_json(log_slice, topic, key, request.app.state.service.key_ring.read())


@router.post("/streams/{topic}/epoch", dependencies=[allow("internal", "ops")])
async def outrank_epoch(request: Request, topic: str, body: EpochSeen, tx: Tx) -> EpochRead:
    """A subscriber has seen an epoch of this log that its database, come back from a backup, does not know: the
    present one counts on from there, so that nobody takes it for the older one."""
    if topic != request.app.state.service.topic:
        raise not_found("stream_not_found", "This service does not own that topic.")
    return EpochRead(epoch=await event_log.outrank_epoch(tx, body.seen))


@router.post("/streams/{topic}/passed", dependencies=[allow("internal", "ops")])
async def find_streams_not_passed(request: Request, topic: str, stream_ends: StreamEnds, tx: Tx) -> PassedRead:
    """Whether this service listens to a topic, and which keys it still needs: not past these numbers, or blocked."""
    if topic not in request.app.state.service.subscriptions.topics:
        return PassedRead(subscribed=False, not_past=[])
    return PassedRead(subscribed=True, not_past=await list_not_past(tx, topic, stream_ends.epoch, stream_ends.ends))


@router.get("/status", dependencies=[allow("internal", "ops")])
async def show_status(request: Request, tx: Tx) -> dict[str, Any]:
    """How the backbone stands here: outbox, lag, gaps, parked keys, timers."""
    service = request.app.state.service
    status = await read_status(tx, service.consumer)
    work = {name: "ended" if task.done() else "running" for name, task in service.tasks.items()}
    return {"service": service.name, **status, "work": work}


@router.get("/parked", dependencies=[allow("internal", "ops")])
async def list_parked(tx: Tx) -> dict[str, Any]:
    """Events that could not be applied. Their keys wait; other keys go on."""
    return {"items": [asdict(event) for event in await parked.list_parked(tx)]}


@router.post("/parked/{parked_id}/retry", dependencies=[allow("internal", "ops")])
async def retry_parked(request: Request, parked_id: Id, actor: CurrentActor) -> RetryRead:
    """Apply it now; when it works, the key's later events follow."""
    return RetryRead(applied=await request.app.state.service.inbox.retry(parked_id, actor.subject))


@router.post("/parked/{parked_id}/drop", status_code=204, dependencies=[allow("internal", "ops")])
async def drop_parked(request: Request, parked_id: Id, actor: CurrentActor) -> None:
    """Go past it, and record the hole."""
    await request.app.state.service.inbox.drop(parked_id, actor.subject)
