"""Runs every invariant: heads, the wait, then each check in the same three snapshots."""

import importlib
import time
from collections.abc import Mapping, Sequence

from deploy.verify.invariant import ALL, Invariant
from deploy.verify.moments import three_moments
from deploy.verify.report import Report

WAIT_SECONDS = 30.0


async def verify(
    urls: Mapping[str, str],
    *,
    wait_seconds: float = WAIT_SECONDS,
    invariants: Sequence[Invariant] | None = None,
    topics: Mapping[str, frozenset[str]] | None = None,
) -> Report:
    """Check a system by the addresses of its five databases (by service name)."""
    if missing := set(ALL) - set(urls):
        raise ValueError(f"no database is known for {', '.join(sorted(missing))}")
    if invariants is None:
        from deploy.verify.invariants import INVARIANTS

        invariants = INVARIANTS
    started = time.monotonic()
    listening = topics if topics is not None else {service: listens_to(service) for service in ALL}
    async with three_moments(urls, listening, wait_seconds) as moments:
        results = [await invariant.check(moments) for invariant in invariants]
    return Report(tuple(results), round(time.monotonic() - started, 2), moments.behind)


def listens_to(service: str) -> frozenset[str]:
    """The topics a service subscribes to, from its own handlers: a consumer that never began is found too."""
    package = "services.gateway" if service == "gateway" else f"services.{service}_svc"
    handlers = importlib.import_module(f"{package}.handlers")
    return frozenset(handlers.subscriptions.topics)
