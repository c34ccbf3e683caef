"""Runs every invariant: reads the heads, waits, then makes each check in the same three snapshots."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

from deploy.verify.invariant import ALL_SERVICES
from deploy.verify.invariants import INVARIANTS
from deploy.verify.recomputed import Recomputed
from deploy.verify.report import Report
from deploy.verify.snapshots import Connections, Progress, connected, no_progress, take_snapshots

WAIT_SECONDS = 30.0

# Which topics each service subscribes to, written here a second time on purpose: whoever judges does not ask the
# judged, and loading all their code takes longer than most checks. A consumer that never began is found too. (A test
# compares this with the services.)
SUBSCRIBED_TOPICS = {
    "profile": frozenset({"patron.complaint", "patron.intake", "patron.loyalty", "patron.tiering"}),
    "tiering": frozenset({"patron.complaint", "patron.intake", "patron.profile"}),
    "complaint": frozenset({"patron.intake", "patron.profile", "patron.tiering"}),
    "loyalty": frozenset({"patron.complaint", "patron.intake", "patron.profile", "patron.tiering"}),
    "gateway": frozenset({"patron.profile"}),
}


async def verify(
    urls: Mapping[str, str], *, wait_seconds: float = WAIT_SECONDS, progress: Progress = no_progress,
    everybody: bool = False,
) -> Report:  # fmt: skip
    """Check a running system by the URLs of its five databases (by service name).

    `wait_seconds` is how long consumers may take to reach the heads of the start. `progress` is called by what takes
    longer, with its code, how many it looked at, and of how many. `everybody`: work out anew what was decided of
    all customers, not of a sample. Raises ValueError when a URL is
    missing, and what the databases raise.
    """
    if missing := set(ALL_SERVICES) - set(urls):
        raise ValueError(f"no database is known for {', '.join(sorted(missing))}")
    async with connected(urls) as connections:
        return await check_invariants(
            connections, SUBSCRIBED_TOPICS, wait_seconds, progress, everybody=everybody
        )  # fmt: skip


async def check_invariants(
    connections: Connections, topics: Mapping[str, frozenset[str]], wait_seconds: float,
    progress: Progress = no_progress, *, everybody: bool = False,
) -> Report:  # fmt: skip
    """Check over open connections (`connected`), with the `topics` that each service subscribes to."""
    started = time.monotonic()
    invariants = [
        replace(invariant, most=None) if everybody and isinstance(invariant, Recomputed) else invariant
        for invariant in INVARIANTS
    ]
    try:
        # side by side: while one waits for its database, another compares what came from its own
        async with (
            take_snapshots(connections, topics, wait_seconds, progress) as snapshots,
            asyncio.TaskGroup() as group,
        ):
            checks = [group.create_task(invariant.check(snapshots)) for invariant in invariants]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return Report(tuple(check.result() for check in checks), round(time.monotonic() - started, 2), snapshots.lagging)
