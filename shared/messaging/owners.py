"""The subscriber's side of a pull over HTTP: asks the owner of a topic for its heads and rows."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from shared.events import OWNERS
from shared.messaging.streams import Head, Stretch, stretch_from_json

Get = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]
"""(service, path, query) -> parsed JSON; raises on anything but success. The chassis signs and sends it."""


class HttpOwners:
    def __init__(self, get: Get) -> None:
        self.get = get

    async def stretch(self, topic: str, key: str, first: int) -> Stretch:
        body = await self.get(OWNERS[topic], f"/internal/streams/{topic}/{quote(key, safe='')}", {"from": first})
        return stretch_from_json(body)

    async def heads(self, topic: str, *, after: str, changed_since: str | None) -> tuple[UUID, list[Head]]:
        query = {"after": after} | ({} if changed_since is None else {"changed_since": changed_since})
        body = await self.get(OWNERS[topic], f"/internal/streams/{topic}/heads", query)
        heads = [Head(h["key"], h["seq"], UUID(h["last_event_id"])) for h in body["heads"]]
        return UUID(body["epoch"]), heads
