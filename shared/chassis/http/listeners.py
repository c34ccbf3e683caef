"""The two listeners of a service's process, and which paths each answers: the outermost layer where a server runs.

The public listener is for callers from outside and for the gateway. The internal one is for the other services, the
operator's command and Prometheus, and is to be reachable by those alone. Applications in a test's process have no
listeners: there everything answers at one address.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

INTERNAL = ("/internal/", "/metrics")  # never from outside
PROBES = ("/livez", "/readyz")  # at both
CONTRACT = ("/openapi.json", "/asyncapi.yaml")  # at the internal one too: the gateway reads the services'
NO_ROUTE = "/internal"  # itself no path of any service: the application's own answer to what does not exist


def is_internal(path: str) -> bool:
    """Whether only other services and the operator may ask for this path."""
    return path.startswith(INTERNAL)


class Listeners:
    """Pure ASGI. What is not of the listener that a request came in at is answered as what does not exist is."""

    def __init__(self, app: ASGIApp, internal_port: int | None) -> None:
        self.app = app
        self.internal_port = internal_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.internal_port is not None:
            path: str = scope["path"]
            if scope["server"][1] == self.internal_port:
                hidden = not (is_internal(path) or path in PROBES or path in CONTRACT)
            else:
                hidden = is_internal(path)
            if hidden:
                scope = {**scope, "path": NO_ROUTE, "raw_path": NO_ROUTE.encode(), "query_string": b""}
        await self.app(scope, receive, send)
