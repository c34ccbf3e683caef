"""The gateway with the four services behind it, in one process over HTTP only: no broker, no timers."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from shared.messaging import Database
from tests import harness
from tests.system import transport_to

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
SOME_ID = "0190a000-0000-7000-8000-00000000000a"


@dataclass(frozen=True)
class Whole:
    """All services' applications by their names, and a client of the gateway that asks as an admin."""

    apps: dict[str, FastAPI]
    client: httpx.AsyncClient

    async def contract(self) -> dict[str, Any]:
        """The public contract, as the gateway answers it."""
        answer = await self.client.get("/openapi.json")
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document


@asynccontextmanager
async def whole_system(databases: harness.Databases, keys: harness.Keys, **more: Any) -> AsyncIterator[Whole]:
    """All services, `more` are settings of the gateway."""
    apps: dict[str, FastAPI] = {}
    opened: list[Database] = []
    try:
        for name in harness.SERVICES:
            opened.append(Database(await databases.prepare(name, harness.migrations_of(name))))
            extra = more if name == "gateway" else {}
            apps[name] = harness.app_of(name, opened[-1], keys, transport=transport_to(apps), **extra)
        async with harness.client_of(apps["gateway"], harness.AsAdmin(keys, "gateway")) as client:
            yield Whole(apps, client)
    finally:
        for database in opened:
            await database.close()


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Method and path of every operation."""
    for path, item in contract["paths"].items():
        yield from ((method.upper(), path) for method in METHODS if method in item)


def filled(path: str, value: str = SOME_ID) -> str:
    """A path of the contract with a value in place of each parameter."""
    while "{" in path:
        start, _, rest = path.partition("{")
        path = start + value + rest.partition("}")[2]
    return path
