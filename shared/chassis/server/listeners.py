"""The two listeners of a service's process, and what each answers: the outermost layer where a server runs.

The public listener is for callers from outside and for the gateway. The internal one is for the other services, the
operator's command and Prometheus, and is to be reachable by those alone. Applications in a test's process have no
listeners: there everything answers at one address, under any name.
"""

from uuid import uuid4

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.chassis.http.request_context import METHODS
from shared.chassis.observability.metrics import Metrics
from shared.chassis.observability.security_log import SecurityLog
from shared.chassis.problems import Refused, problem_of
from shared.chassis.server.hosts import SAFE, ServedHosts

INTERNAL = ("/internal/", "/metrics")  # never from outside
PROBES = ("/livez", "/readyz")  # at both, however busy the service is
CONTRACT = ("/openapi.json", "/asyncapi.yaml", "/docs")  # at the internal one too: the gateway reads the services'
INSIDE = INTERNAL + CONTRACT
NO_ROUTE = "/internal"  # itself no path of any service: the application's own answer to what does not exist
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
# what is refused before there is a request, as a security event
CONNECTION_EVENTS = {"too_many_connections": "limit_reached", "too_many_requests": "limit_reached",
                     "head_too_large": "too_large", "too_many_headers": "too_large"}  # fmt: skip


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
        concurrency: int = 800,
        metrics: Metrics | None = None,
        security_log: SecurityLog | None = None,
    ) -> None:
        self.app = app
        self.internal_port = internal_port
        self.hosts = hosts
        self.hidden = (INTERNAL if internal_port is not None else ()) + (() if public_contract else CONTRACT)
        self.concurrency = concurrency
        self.metrics = metrics
        self.security_log = security_log
        self.running = 0  # requests of callers that are being answered

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

    def _refusal(self, scope: Scope, address: str, internal: bool) -> Refused | None:
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
            return Refused(421, "host_not_served", "Nothing is served under this name. Its operator sets PATRON_HOSTS.")
        if changes and origin is not None and not self.hosts.takes_from(origin, host or b"", site):
            return Refused(403, "cross_origin", "A page of another origin can not change anything here.")
        if self.running >= self.concurrency and not internal:
            return Refused(503, "try_again", "Too many requests are being answered now.", headers={"Retry-After": "1"})
        return None

    async def _refuse(self, refusal: Refused, scope: Scope, receive: Receive, send: Send) -> None:
        status, method = refusal.status_code, scope["method"] if scope["method"] in METHODS else "OTHER"
        if self.metrics is not None:
            self.metrics.answered(method, "(none)", status, 0.0)
        if self.security_log is not None and status < 500:
            client = scope.get("client")
            self.security_log.refused(
                status, refusal.code, presented=False, partner=False, address=client[0] if client else None
            )
        answer = problem_of(refusal)
        answer.headers.update(HEADERS | {"X-Request-Id": uuid4().hex})
        await answer(scope, receive, send)

    def record_refused_connection(self, code: str, address: str) -> None:
        """A connection's own refusals, before there is a request: for the server's protocol to tell of them."""
        if self.security_log is not None:
            event = CONNECTION_EVENTS.get(code, "malformed")
            self.security_log.record(event, code=code, address=address)
