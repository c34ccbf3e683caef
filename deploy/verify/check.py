"""Runs every invariant: heads, the wait, then each check in the same three snapshots."""

import asyncio
import importlib
import time
from collections.abc import Mapping

from deploy.verify.invariant import ALL
from deploy.verify.invariants import INVARIANTS
from deploy.verify.moments import Connections, connected, three_moments
from deploy.verify.report import Report

WAIT_SECONDS = 30.0


async def verify(urls: Mapping[str, str], *, wait_seconds: float = WAIT_SECONDS) -> Report:
    """Check a system by the addresses of its five databases (by service name)."""
    if missing := set(ALL) - set(urls):
        raise ValueError(f"no database is known for {', '.join(sorted(missing))}")
    topics = {service: listens_to(service) for service in ALL}
    async with connected(urls) as connections:
        return await examine(connections, topics, wait_seconds)


async def examine(connections: Connections, topics: Mapping[str, frozenset[str]], wait_seconds: float) -> Report:
    """The same with connections that are there: three to each database, and who listens to what."""
    started = time.monotonic()
    async with three_moments(connections, topics, wait_seconds) as moments:
        # side by side: while one waits for its database, another compares what came from its own
        results = await asyncio.gather(*[invariant.check(moments) for invariant in INVARIANTS])
    return Report(tuple(results), round(time.monotonic() - started, 2), moments.behind)


def listens_to(service: str) -> frozenset[str]:
    """The topics a service subscribes to, from its own handlers: a consumer that never began is found too."""
    package = "services.gateway" if service == "gateway" else f"services.{service}_svc"
    handlers = importlib.import_module(f"{package}.handlers")
    return frozenset(handlers.subscriptions.topics)
