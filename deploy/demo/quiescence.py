"""Waiting for quiescence: the outboxes are empty and nobody has anything left to read, twice in a row."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.operator import Operator, Unreachable
from deploy.operator.status import does_not_read

QUIESCENCE_SECONDS = 300.0


class NotQuiescent(RuntimeError):
    """Something is still on its way, or parked, after all that time."""


async def wait_for_quiescence(data: Path, urls: Mapping[str, str], seconds: float = QUIESCENCE_SECONDS) -> None:
    """Until nothing is on its way between these services; NotQuiescent when something still is after `seconds`."""
    deadline = time.monotonic() + seconds
    quiet = 0
    with Operator(data / "keys", dict(urls)) as operator:
        while quiet < 2:
            requests = [asyncio.to_thread(_fetch_pending_work, operator, service) for service in urls]
            pending = [work for of_service in await asyncio.gather(*requests) for work in of_service]
            quiet = 0 if pending else quiet + 1
            if pending and time.monotonic() > deadline:
                raise NotQuiescent(f"after {seconds:.0f} s: {'; '.join(pending)}. `patron status` tells more.")
            await asyncio.sleep(0.05)


def _fetch_pending_work(operator: Operator, service: str) -> list[str]:
    try:
        return list_pending_work(service, operator.get(service, "/internal/status"))
    except Unreachable as error:
        return [f"{service}: {error}"]


def list_pending_work(service: str, status: Mapping[str, Any]) -> list[str]:
    """In words, what this service still has to send, to read or to pull. Parked events wait for a person."""
    pending = []
    if status["outbox_depth"]:
        pending.append(f"{service} has {status['outbox_depth']:,} events to send")
    if does_not_read(status):
        pending.append(f"{service} does not read from the broker")
    elif unread := sum(status["lag"].values()):
        pending.append(f"{service} has {unread:,} messages to read")
    if status["gaps"]:
        pending.append(f"{service} pulls {status['gaps']} streams")
    return pending
