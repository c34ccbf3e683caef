"""When everything has arrived: the outboxes are empty and nobody has anything left to read, twice in a row."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.operator import Operator, Unreachable
from deploy.operator.status import does_not_read

SETTLE_SECONDS = 300.0


class NotSettled(RuntimeError):
    """Something is still on its way, or parked, after all that time."""


async def settle(data: Path, urls: Mapping[str, str], seconds: float = SETTLE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    quiet = 0
    with Operator(data / "keys", dict(urls)) as operator:
        while quiet < 2:
            answers = [asyncio.to_thread(_busy, operator, service) for service in urls]
            busy = [reason for reasons in await asyncio.gather(*answers) for reason in reasons]
            quiet = 0 if busy else quiet + 1
            if busy and time.monotonic() > deadline:
                raise NotSettled(f"after {seconds:.0f} s: {'; '.join(busy)}. `patron status` tells more.")
            await asyncio.sleep(0.05)


def _busy(operator: Operator, service: str) -> list[str]:
    try:
        return still_busy(service, operator.get(service, "/internal/status"))
    except Unreachable as error:
        return [f"{service}: {error}"]


def still_busy(service: str, status: Mapping[str, Any]) -> list[str]:
    """In words, what this service still has to send, to read or to pull. Parked events wait for a person."""
    reasons = []
    if status["outbox_depth"]:
        reasons.append(f"{service} has {status['outbox_depth']:,} events to send")
    if does_not_read(status):
        reasons.append(f"{service} does not read from the broker")
    elif unread := sum(status["lag"].values()):
        reasons.append(f"{service} has {unread:,} messages to read")
    if status["gaps"]:
        reasons.append(f"{service} pulls {status['gaps']} streams")
    return reasons
