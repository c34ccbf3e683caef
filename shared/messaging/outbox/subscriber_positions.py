"""How an owner asks the other services whether they are past a part of its event log; over HTTP in a service."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

PostJson = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]
"""(service, path, body) -> parsed JSON; raises on anything but success. The chassis signs and sends it."""


class SubscriberPositions(Protocol):
    """Where the subscribers of a topic are in its streams."""

    async def reason_to_keep(self, topic: str, epoch: UUID, last_seqs: Mapping[str, int]) -> str | None:
        """Why events up to these numbers (by key) are still needed, in words; None when nobody needs them."""


class HttpSubscriberPositions:
    """Asks each of `services` at its internal address. One that does not answer may need everything."""

    def __init__(self, services: Sequence[str], post: PostJson) -> None:
        self.services = services
        self.post = post

    async def reason_to_keep(self, topic: str, epoch: UUID, last_seqs: Mapping[str, int]) -> str | None:
        body = {"epoch": str(epoch), "ends": dict(last_seqs)}
        for service in self.services:
            try:
                answer = await self.post(service, f"/internal/streams/{topic}/passed", body)
            except Exception as error:
                return f"{service} does not answer ({type(error).__name__})"
            if answer["subscribed"] and answer["not_past"]:
                return f"{service} is not past {len(answer['not_past'])} streams of {topic}"
        return None
