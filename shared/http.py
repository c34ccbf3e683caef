"""The one factory of HTTP clients: httpx's interface over aiohttp's transport.

Plain httpx collapses under concurrency (measured: 216 requests/s at 32 in parallel against 3,500).
"""

import ssl
from collections.abc import Awaitable, Callable
from functools import cache

import httpx
from httpx_aiohttp import AiohttpTransport

TIMEOUT = httpx.Timeout(10.0, connect=2.0)
LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=15.0)


def new_client(
    base_url: str = "",
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    auth: httpx.Auth | None = None,
    before_each: Callable[[httpx.Request], Awaitable[None]] | None = None,
) -> httpx.AsyncClient:
    """A client that follows no redirects and trusts no proxy variables. `before_each` may add to every request."""
    return httpx.AsyncClient(
        base_url=base_url,
        transport=transport or AiohttpTransport(verify=_trusted(), limits=LIMITS, trust_env=False),
        timeout=TIMEOUT,
        trust_env=False,
        follow_redirects=False,
        auth=auth,
        event_hooks={"request": [before_each] if before_each else []},
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust behind https. Read once a process: reading it for each client took 15 ms of every one."""
    return httpx.create_ssl_context(trust_env=False)
