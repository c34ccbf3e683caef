"""The one command that runs a service: `python -m shared.chassis.server services.gateway.app:create_app --port 8000
--internal-port 8001`. One server, two listening sockets; each answers its own paths (shared/chassis/http/listeners.py).
"""

import argparse
import errno
import importlib
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn

from shared.chassis.http.listeners import Listeners

# h11 lets a smuggled request through
PROTOCOL = "httptools"
KEEP_ALIVE_SECONDS = 20  # longer than our own clients keep a connection (shared/http.py), so that none meets its end
GRACE_SECONDS = 10  # for answers under way when the server is told to stop: an open stream must not hold it up
CANNOT_LISTEN = 1
NO_ADDRESS = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)

Factory = Callable[[], Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; the process's exit code."""
    chosen = _parser().parse_args(arguments)
    factory = load_factory(chosen.factory)
    ports = [chosen.port] if chosen.internal_port is None else [chosen.port, chosen.internal_port]
    try:
        sockets = [bind(chosen.host, port) for port in ports]
        server_of(factory, chosen.internal_port).run(sockets)
    except OSError as error:
        if error.errno not in NO_ADDRESS:
            raise
        print(f"Can not listen on {chosen.host}, ports {ports}: {error.strerror}.", file=sys.stderr)
        return CANNOT_LISTEN
    return 0


def load_factory(place: str) -> Factory:
    """The function that builds the application, of `module:function`."""
    module, _, name = place.partition(":")
    factory: Factory = getattr(importlib.import_module(module), name)
    return factory


def server_of(factory: Factory, internal_port: int | None) -> uvicorn.Server:
    """The server of an application, not yet running. The application is built inside of its event loop."""
    config = uvicorn.Config(
        lambda: Listeners(factory(), internal_port),
        factory=True,
        interface="asgi3",
        http=PROTOCOL,
        ws="none",
        loop="uvloop",
        log_config=None,  # the chassis writes the logs
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def bind(host: str, port: int) -> socket.socket:
    """A socket at an address. It listens from when the application has started."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared.chassis.server", description="Runs one service.")
    parser.add_argument("factory", help="module:function that builds the application")
    parser.add_argument("--host", default="127.0.0.1", help="the address that both listeners are at")
    parser.add_argument("--port", type=int, required=True, help="for callers")
    parser.add_argument(
        "--internal-port",
        type=int,
        help="for /internal and /metrics, which the other port then refuses; without it everything answers on one",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
