"""The owner's side of a cut over HTTP: asks every other service whether it is past a part of the log."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

Post = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]
"""(service, path, body) -> parsed JSON; raises on anything but success. The chassis signs and sends it."""


class HttpSubscribers:
    """Whoever does not answer may need everything."""

    def __init__(self, services: Sequence[str], post: Post) -> None:
        self.services = services
        self.post = post

    async def objection(self, topic: str, epoch: UUID, ends: Mapping[str, int]) -> str | None:
        asked = {"epoch": str(epoch), "ends": dict(ends)}
        for service in self.services:
            try:
                answer = await self.post(service, f"/internal/streams/{topic}/passed", asked)
            except Exception as error:
                return f"{service} does not answer ({type(error).__name__})"
            if answer["subscribed"] and answer["not_past"]:
                return f"{service} is not past {len(answer['not_past'])} streams of {topic}"
        return None
