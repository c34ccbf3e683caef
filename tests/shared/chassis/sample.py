"""A small service with one thing, to test the chassis on: create, read, change, fail in every way."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from shared.chassis import (
    Amount,
    Code,
    CurrentActor,
    Cursor,
    Day,
    Id,
    IfMatch,
    Instant,
    Limit,
    Name,
    Page,
    Ports,
    Read,
    ServiceSettings,
    Shape,
    SignedAmount,
    Text,
    Tx,
    allow,
    create_service,
    page_of,
    public,
    read_cursor,
    require_unchanged,
    service_router,
    show_etag,
)
from shared.chassis.http.instants import refuse_future
from shared.errors import conflict, not_found
from shared.events import CustomerReferenceRegistered
from shared.messaging import Subscriptions, Timers, announce, new_id
from shared.messaging.broker.loopback import LoopbackBroker

router = service_router(prefix="/v1", tags=["things"])


class Settings(ServiceSettings):
    service: Literal["profile"] = "profile"


class ThingCreate(Shape):
    name: Name


class ThingRead(Read):
    id: UUID
    name: str
    version: int


class Everything(Shape):
    id: Id | None = None
    at: Instant | None = None
    day: Day | None = None
    amount: Amount | None = None
    change: SignedAmount | None = None
    text: Text | None = None
    code: Code | None = None
    number: int | None = None
    flag: bool | None = None
    kind: Literal["one", "two"] | None = None
    free: dict[str, Any] | None = None
    tags: list[Text] | None = None


class EverythingRead(Read):
    id: Id | None
    at: Instant | None
    day: Day | None
    amount: Amount | None
    change: SignedAmount | None


@router.post("/things", status_code=201, dependencies=[allow("customers:write")])
async def create_thing(body: ThingCreate, tx: Tx, actor: CurrentActor, response: Response) -> ThingRead:
    row = await tx.raw.fetchrow("insert into thing (id, name) values ($1, $2) returning *", new_id(), body.name)
    announce(tx, [CustomerReferenceRegistered(customer_id=row["id"], source="patron", registered_at=tx.at)])
    response.headers["Location"] = f"/v1/things/{row['id']}"
    return ThingRead(**dict(row))


@router.get("/things", dependencies=[allow("customers:read")])
async def list_things(tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[ThingRead]:
    after = read_cursor(cursor, str, UUID) or ("", UUID(int=0))
    rows = await tx.raw.fetch(
        "select * from thing where (name, id) > ($1, $2) order by name, id limit $3", *after, limit + 1
    )  # fmt: skip
    return page_of([ThingRead(**dict(row)) for row in rows], limit, lambda thing: (thing.name, thing.id))


@router.get("/things/{thing_id}", dependencies=[allow("customers:read")])
async def read_thing(thing_id: Id, tx: Tx, response: Response) -> ThingRead:
    row = await tx.raw.fetchrow("select * from thing where id = $1", thing_id)
    if row is None:
        raise not_found("thing_not_found", "No such thing.")
    show_etag(response, row["version"])
    return ThingRead(**dict(row))


@router.patch("/things/{thing_id}", dependencies=[allow("customers:write")])
async def rename_thing(thing_id: Id, body: ThingCreate, tx: Tx, if_match: IfMatch = None) -> ThingRead:
    row = await tx.raw.fetchrow("select * from thing where id = $1 for update", thing_id)
    if row is None:
        raise not_found("thing_not_found", "No such thing.")
    require_unchanged(if_match, row["version"], demanded=True)
    row = await tx.raw.fetchrow(
        "update thing set name = $2, version = version + 1 where id = $1 returning *", thing_id, body.name
    )  # fmt: skip
    return ThingRead(**dict(row))


@router.post("/everything", dependencies=[allow("customers:write")])
async def echo_everything(body: Everything, tx: Tx) -> EverythingRead:
    if body.at is not None:
        refuse_future(body.at, tx.at, "/at")
    if body.text is not None:
        await tx.raw.fetchval("select $1::text", body.text)
    return EverythingRead.model_validate(body)


@router.get("/search", dependencies=[allow("customers:read")])
async def search_things(
    tx: Tx, q: Annotated[str, Query(max_length=20)], x_note: Annotated[str, Header(max_length=20)] = ""
) -> list[ThingRead]:
    rows = await tx.raw.fetch("select * from thing where name = $1 or name = $2", q, x_note)
    return [ThingRead(**dict(row)) for row in rows]


@router.post("/fail/{how}", dependencies=[allow("customers:write")])
async def fail(how: str, tx: Tx) -> dict[str, str]:
    """Writes first, so that a test can see that nothing stays."""
    await tx.raw.execute("insert into thing (id, name) values ($1, 'left behind')", new_id())
    if how == "conflict":
        raise conflict("already_there", "It is there already.", existing="7")
    if how == "divide":
        return {"never": str(1 / int("0"))}
    if how == "violate":
        await tx.raw.execute("insert into thing (id, name) values ($1, null)", new_id())
    if how == "lose":
        await tx.raw.execute("select pg_terminate_backend(pg_backend_pid())")
    return {}


@router.post("/answer-with-an-error", dependencies=[allow("customers:write")])
async def answer_with_an_error(tx: Tx) -> Response:
    await tx.raw.execute("insert into thing (id, name) values ($1, 'left behind')", new_id())
    return Response(status_code=409)


@router.post("/clash", dependencies=[allow("customers:write")])
async def clash(request: Request, body: ThingCreate, tx: Tx) -> dict[str, int]:
    """Fails twice with a deadlock's SQLSTATE, then works: the route must run it again from the start."""
    tries = request.app.state.tries = getattr(request.app.state, "tries", 0) + 1
    await tx.raw.execute("insert into thing (id, name) values ($1, $2)", new_id(), body.name)
    if tries < 3:
        await tx.raw.execute("do $$ begin raise exception 'clash' using errcode = '40P01'; end $$")
    return {"tries": tries}


@router.get("/open", dependencies=[public()])
async def read_open() -> dict[str, str]:
    return {"open": "yes"}


@router.get("/stream", dependencies=[public()])
async def stream_until_the_end(request: Request) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        yield "begun\n"
        await request.app.state.service.stopping.wait()
        yield "ended\n"

    return StreamingResponse(lines(), media_type="text/plain")


@router.get("/me", dependencies=[allow("customers:read")])
async def read_me(actor: CurrentActor) -> dict[str, Any]:
    return {"subject": actor.subject, "kind": actor.kind, "scopes": sorted(actor.scopes), "partner": actor.partner_id}


def create_app(settings: Settings, ports: Ports, **more: Any) -> FastAPI:
    return create_service(
        settings,
        ports=ports,
        title="Things",
        topic="patron.profile",
        routers=[router, *more.pop("routers", [])],
        subscriptions=more.pop("subscriptions", Subscriptions()),
        timers=more.pop("timers", Timers()),
        migrations=Path(__file__).parents[1] / "bare" / "migrations",
        body_limits={"/v1/everything": 4 * 1024 * 1024},
        **more,
    )


def create_alone() -> FastAPI:
    """For a process of its own: settings from the environment, a broker in memory."""
    assert os.environ["PATRON_DATABASE_URL"]
    return create_app(Settings(), Ports(broker=LoopbackBroker()))
