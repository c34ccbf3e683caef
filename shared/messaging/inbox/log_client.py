"""How a subscriber asks the owner of a topic for its heads and the rows of its event log; over HTTP in a service."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote
from uuid import UUID

from shared.events import OWNERS
from shared.messaging.outbox.event_log import Head, HeadsPage, LogSlice, slice_from_json
from shared.messaging.seal import ReadKeyRing

GetJson = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]
"""(service, path, query) -> parsed JSON; raises on anything but success. The chassis signs and sends it."""

PostJson = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]
"""(service, path, body) -> parsed JSON, likewise."""


class LogClient(Protocol):
    """Reads the owners' event logs. Raises whatever keeps an owner from answering."""

    async def read_slice(self, topic: str, key: str, first: int, seen_epoch: UUID | None = None) -> LogSlice:
        """Rows of one stream from the number `first` on, as many as the owner gives at a time.

        `seen_epoch` is the epoch of the position that is asked for, None before the first event.
        """

    async def read_heads(self, topic: str, *, after: str, changed_since: datetime | None) -> HeadsPage:
        """One page of heads whose keys come after `after`, in order of keys.

        `changed_since`, the `as_of` of an earlier page, leaves out those that certainly did not change since that was
        read; None asks for all.
        """

    async def outrank_epoch(self, topic: str, seen: UUID) -> None:
        """Tell the owner of an epoch of its log that was seen, so that its present one counts beyond it."""


class HttpLogClient:
    """Asks the service that owns the topic at its internal address; believes only rows whose seal verifies."""

    def __init__(self, get: GetJson, post: PostJson, key_ring: ReadKeyRing) -> None:
        self.get = get
        self.post = post
        self.key_ring = key_ring

    async def read_slice(self, topic: str, key: str, first: int, seen_epoch: UUID | None = None) -> LogSlice:
        query = {"from": first} | ({} if seen_epoch is None else {"seen_epoch": str(seen_epoch)})
        body = await self.get(OWNERS[topic], f"/internal/streams/{topic}/{quote(key, safe='')}", query)
        return slice_from_json(body, topic, key, self.key_ring())

    async def read_heads(self, topic: str, *, after: str, changed_since: datetime | None) -> HeadsPage:
        query = {"after": after} | ({} if changed_since is None else {"changed_since": changed_since.isoformat()})
        body = await self.get(OWNERS[topic], f"/internal/streams/{topic}/heads", query)
        heads = [Head(h["key"], h["seq"], UUID(h["last_event_id"])) for h in body["heads"]]
        return HeadsPage(UUID(body["epoch"]), datetime.fromisoformat(body["as_of"]), heads)

    async def outrank_epoch(self, topic: str, seen: UUID) -> None:
        await self.post(OWNERS[topic], f"/internal/streams/{topic}/epoch", {"seen": str(seen)})
