"""What tests stand on: applications in process, events delivered to handlers, signed tokens.

Services are imported when a test asks for one, never before, so that one broken service fails its own tests only.
"""

import importlib
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from deploy.embedded.keys import OPERATOR, ensure_keys
from shared.chassis import Ports
from shared.chassis.access.identity import EVERY_CUSTOMER, Actor, scopes_of
from shared.chassis.access.tokens import Signer
from shared.chassis.clients import Transport
from shared.events import Event, Meta, read_event
from shared.messaging import Database, Subscriptions, new_id
from shared.messaging.database.transaction import Clock, Transaction, system_clock
from shared.messaging.inbox.inbox import lock_positions, save_positions
from shared.messaging.inbox.received import ReceivedEvent, batches_by_type
from tests.databases import Databases as Databases  # noqa: PLC0414  a part of the harness, in a file of its own

SERVICES = ("gateway", "profile", "tiering", "complaint", "loyalty")
EPOCH = UUID("01890000-0000-7000-8000-000000000000")


def package_of(service: str) -> str:
    return "services.gateway" if service == "gateway" else f"services.{service}_svc"


def part_of(service: str, name: str) -> ModuleType:
    """`part_of("loyalty", "app")` is the module services.loyalty_svc.app."""
    return importlib.import_module(f"{package_of(service)}.{name}")


def migrations_of(service: str) -> Path:
    package = importlib.import_module(package_of(service))
    return Path(str(package.__file__)).parent / "migrations"


# --- keys and tokens ---


class Keys:
    """A directory with everybody's key pairs, as `make up` makes them; tokens are verified as in earnest."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        ensure_keys(directory, (*SERVICES, OPERATOR))
        self.signers = {name: Signer(name, directory) for name in (*SERVICES, OPERATOR)}

    def headers(
        self,
        service: str,
        role: str = "admin",
        *,
        partner_id: UUID | None = None,
        subject: str | None = None,
        scopes: Sequence[str] | None = None,
        employee_id: str | None = None,
        unit: str | None = None,
    ) -> dict[str, str]:
        """The header of somebody in a role, or with these scopes, as the gateway would send it.

        Who is no employee sees every customer, a manager too, as the development issuer's people do.
        """
        kind: Any = "partner" if partner_id is not None else "person"
        granted = scopes_of([role]) if scopes is None else frozenset(scopes)
        if kind == "person" and employee_id is None:
            granted |= EVERY_CUSTOMER
        units = frozenset[str]() if unit is None else frozenset({unit})
        actor = Actor(subject or f"{role}-1", kind, frozenset({role}), granted, partner_id, employee_id, units)
        return {"Authorization": f"Bearer {self.signers['gateway'].for_actor(service, actor)}"}

    def internal(self, service: str, caller: str = OPERATOR) -> dict[str, str]:
        """The header of another service (or of the operator's command)."""
        return {"Authorization": f"Bearer {self.signers[caller].for_service(service)}"}


class AsAdmin(httpx.Auth):
    """Signs as an admin whatever does not say otherwise, freshly for each request (tokens live 60 s)."""

    def __init__(self, keys: Keys, service: str) -> None:
        self.keys = keys
        self.service = service

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if "Authorization" not in request.headers:
            request.headers.update(self.keys.headers(self.service))
        yield request


# --- events ---


async def deliver(
    database: Database,
    subscriptions: Subscriptions,
    events: Sequence[Event],
    *,
    at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> list[Event]:
    """Pass events through the handlers in one transaction, as the inbox does; returns what they announced.

    Events go through JSON, get the next numbers of their streams, and advance the positions. Errors are raised, not
    parked.
    """

    async def work(tx: Transaction) -> list[Event]:
        positions = await lock_positions(tx, {(event.topic, event.key) for event in events})
        counted: Counter[tuple[str, str]] = Counter({stream: p.last_seq for stream, p in positions.items()})
        queues: dict[tuple[str, str], list[ReceivedEvent]] = {}
        for event in events:
            stream = (event.topic, event.key)
            counted[stream] += 1
            payload = event.model_dump_json(exclude_none=True).encode()
            received = ReceivedEvent(
                *stream, counted[stream], EPOCH, new_id(), event.type, payload, recorded_at or event.occurred_at
            )
            queues.setdefault(stream, []).append(received)
        if subscriptions.locker is not None:
            await subscriptions.locker(tx, sorted({key for _, key in queues}))
        for batch in batches_by_type(queues):
            await subscriptions.deliver(tx, [_parse(received) for received in batch])
        await save_positions(tx, [queue[-1] for queue in queues.values()])
        return [written.event for written in tx.announced]

    return await database.run(work, at=at)


def _parse(received: ReceivedEvent) -> Event:
    event = read_event(received.type, received.payload)
    return event.received(Meta(received.event_id, received.seq, received.recorded_at))


async def announced(database: Database) -> list[Event]:
    """Everything that was announced and committed so far, in order."""
    rows = await database.run(lambda tx: tx.raw.fetch("select type, payload from outbox order by position"))
    return [read_event(row["type"], row["payload"]) for row in rows]


# --- applications ---


def settings_of(service: str, database_url: str, keys: Path, **more: Any) -> Any:
    """The service's own settings, with a test's database and keys."""
    given = {
        "database_url": database_url,
        "keys": keys,
        "services": {name: f"http://{name}" for name in SERVICES},
        "migrate": False,
        "dev_issuer": True,
        "failed_sign_ins": 1_000_000,  # the gateway's; tests of failed sign-ins set their own
        "files": os.environ.get("PATRON_TEST_S3", "memory://tests"),  # of services that keep files
        "run_schedules": False,  # tiering's; tests of schedules request due runs themselves
    }
    return part_of(service, "settings").Settings(**(given | more))


def app_of(
    service: str,
    database: Database,
    keys: Keys,
    *,
    clock: Clock = system_clock,
    transport: Transport | None = None,
    **more: Any,
) -> FastAPI:
    """The service's application over HTTP only: no broker, no timers. Others are away, or behind `transport`."""
    ports = Ports(database=database, clock=clock, running=False, logs=False, transport=transport or nowhere)
    create: Callable[..., FastAPI] = part_of(service, "app").create_app
    app = create(settings_of(service, database.url, keys.directory, **more), ports)
    describe_once(app, service, more)
    return app


_contracts: dict[str, str] = {}


def describe_once(app: FastAPI, service: str, settings: Mapping[str, Any]) -> None:
    """Of applications that are alike, make the contract once a process: it takes the better part of a second."""
    describe, alike = app.openapi, f"{service} {sorted(settings.items())}"

    def openapi() -> dict[str, Any]:
        if alike not in _contracts:
            _contracts[alike] = json.dumps(describe())
        if app.openapi_schema is None:
            app.openapi_schema = json.loads(_contracts[alike])
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def nowhere(service: str) -> httpx.AsyncBaseTransport:
    """Other services are away."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"{service} is not there in this test", request=request)

    return httpx.MockTransport(refuse)


@asynccontextmanager
async def client_of(app: FastAPI, auth: httpx.Auth | None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application in this process, within its lifespan."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", auth=auth) as client:
            yield client
