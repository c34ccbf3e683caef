"""The two listeners of a service's process, and what each answers: the outermost layer where a server runs.

The public listener is for callers from outside and for the gateway. The internal one is for the other services, the
operator's command and Prometheus, and is to be reachable by those alone. Applications in a test's process have no
listeners: there everything answers at one address, under any name.
"""

import time
from collections import Counter
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.chassis.http.hosts import SAFE, ServedHosts
from shared.chassis.http.request_context import METHODS
from shared.chassis.observability.metrics import Metrics
from shared.chassis.problems import problem

log = structlog.get_logger(__name__)

INTERNAL = ("/internal/", "/metrics")  # never from outside
PROBES = ("/livez", "/readyz")  # at both, however busy the service is
CONTRACT = ("/openapi.json", "/asyncapi.yaml", "/docs")  # at the internal one too: the gateway reads the services'
INSIDE = INTERNAL + CONTRACT
NO_ROUTE = "/internal"  # itself no path of any service: the application's own answer to what does not exist
RETRY_SECONDS = "1"
LOG_SECONDS = 1.0  # one line for all refusals of so long: a flood does not fill the disk

Refusal = tuple[int, str, str]  # status, code, detail


def is_internal(path: str) -> bool:
    """Whether only other services and the operator may ask for this path."""
    return path.startswith(INTERNAL)


class Listeners:
    """Pure ASGI. What is not of the listener that a request came in at is answered as what does not exist is; what is
    addressed to another name, comes from a foreign page, or is one too many is refused before anything looks at it."""

    def __init__(
        self,
        app: ASGIApp,
        internal_port: int | None,
        hosts: ServedHosts,
        *,
        public_contract: bool = True,
        concurrent_requests: int = 1000,
        metrics: Metrics | None = None,
    ) -> None:
        self.app = app
        self.internal_port = internal_port
        self.hosts = hosts
        self.hidden = (INTERNAL if internal_port is not None else ()) + (() if public_contract else CONTRACT)
        self.concurrent_requests = concurrent_requests
        self.metrics = metrics
        self.running = 0  # requests of callers that are being answered
        self._unlogged: Counter[str] = Counter()  # refusals by code since the last line about them
        self._log_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        address, port = scope["server"]
        internal = port == self.internal_port
        if path not in PROBES:  # they tell nothing, and whoever watches may know only an address
            refusal = self._refusal(scope, address, internal)
            if refusal is not None:
                await self._refuse(refusal, scope, receive, send)
                return
            if not path.startswith(INSIDE) if internal else path.startswith(self.hidden):
                scope = {**scope, "path": NO_ROUTE, "raw_path": NO_ROUTE.encode(), "query_string": b""}
        if internal:
            await self.app(scope, receive, send)
            return
        self.running += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.running -= 1

    def _refusal(self, scope: Scope, address: str, internal: bool) -> Refusal | None:
        host = origin = None
        site = b""
        changes = scope["method"] not in SAFE
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
                if not changes:
                    break
            elif name == b"origin":
                origin = value
            elif name == b"sec-fetch-site":
                site = value
        if not self.hosts.serves(host, address):
            return (421, "host_not_served", "Nothing is served under this name. Its operator sets PATRON_HOSTS.")
        if changes and origin is not None and not self.hosts.takes_from(origin, host or b"", site):
            return (403, "cross_origin", "A page of another origin can not change anything here.")
        if self.running >= self.concurrent_requests and not internal:
            return (503, "try_again", "Too many requests are being answered at this moment.")
        return None

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        status, code, detail = refusal
        headers = {
            "X-Request-Id": uuid4().hex,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        } | ({"Retry-After": RETRY_SECONDS} if status == 503 else {})
        if self.metrics is not None:
            self.metrics.answered(scope["method"] if scope["method"] in METHODS else "OTHER", "(none)", status, 0.0)
        self._log(code, scope)
        await problem(status, code, detail, headers=headers)(scope, receive, send)

    def _log(self, code: str, scope: Scope) -> None:
        self._unlogged[code] += 1
        now = time.monotonic()
        if now >= self._log_at:
            client = scope.get("client")
            log.warning("requests_refused", codes=dict(self._unlogged), last_client=client[0] if client else None)
            self._unlogged.clear()
            self._log_at = now + LOG_SECONDS
