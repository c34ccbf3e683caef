"""The services behind the gateway, played by the test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from shared.chassis import Ports
from shared.messaging import Database
from tests import harness


class ServicesBehind:
    """The services behind the gateway: remember what they were asked, answer what the test says."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, httpx.Request]] = []
        self.answers: dict[str, Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]] = {}

    def transport(self, service: str) -> httpx.AsyncBaseTransport:
        async def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append((service, request))
            answer = self.answers.get(service, lambda _: httpx.Response(200, json={"from": service}))(request)
            return answer if isinstance(answer, httpx.Response) else await answer

        return httpx.MockTransport(answer)


@asynccontextmanager
async def in_front_of(
    behind: ServicesBehind, database: Database, keys: harness.Keys, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    create = harness.part_of("gateway", "app").create_app
    ports = Ports(database=database, running=False, logs=False, transport=behind.transport)
    app = create(harness.settings_of("gateway", database.url, keys.directory, **settings), ports)
    async with harness.client_of(app, harness.AsAdmin(keys, "gateway")) as client:
        yield client


@pytest.fixture
async def client(database: Database, keys: harness.Keys, behind: ServicesBehind) -> AsyncIterator[httpx.AsyncClient]:
    async with in_front_of(behind, database, keys) as client:
        yield client
