"""Runs every invariant: heads, the wait, then each check in the same three snapshots."""

import asyncio
import time
from collections.abc import Mapping

from deploy.verify.invariant import ALL
from deploy.verify.invariants import INVARIANTS
from deploy.verify.moments import Connections, connected, three_moments
from deploy.verify.report import Report

WAIT_SECONDS = 30.0

# Who must hear of what, said here once more: whoever judges does not ask the judged, and loading all their code takes
# longer than most checks. A consumer that never began is found too. (A test holds it against the handlers.)
HEARS = {
    "profile": frozenset({"patron.complaint", "patron.intake", "patron.loyalty", "patron.tiering"}),
    "tiering": frozenset({"patron.complaint", "patron.intake", "patron.profile"}),
    "complaint": frozenset({"patron.profile", "patron.tiering"}),
    "loyalty": frozenset({"patron.complaint", "patron.intake", "patron.profile", "patron.tiering"}),
    "gateway": frozenset({"patron.profile"}),
}


async def verify(urls: Mapping[str, str], *, wait_seconds: float = WAIT_SECONDS) -> Report:
    """Check a system by the addresses of its five databases (by service name)."""
    if missing := set(ALL) - set(urls):
        raise ValueError(f"no database is known for {', '.join(sorted(missing))}")
    async with connected(urls) as connections:
        return await examine(connections, HEARS, wait_seconds)


async def examine(connections: Connections, topics: Mapping[str, frozenset[str]], wait_seconds: float) -> Report:
    """The same with connections that are there: three to each database, and who listens to what."""
    started = time.monotonic()
    try:
        # side by side: while one waits for its database, another compares what came from its own
        async with three_moments(connections, topics, wait_seconds) as moments, asyncio.TaskGroup() as group:
            checks = [group.create_task(invariant.check(moments)) for invariant in INVARIANTS]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return Report(tuple(check.result() for check in checks), round(time.monotonic() - started, 2), moments.behind)
