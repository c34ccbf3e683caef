"""The one command that runs a service: `python -m shared.chassis.server services.gateway.app:create_app --port 8000
--internal-port 8001`. One server, two listening sockets; each answers its own paths (shared/chassis/http/listeners.py).
A service whose settings or keys are not safe says all that is wrong and does not start (operations/start_checks.py).
"""

import argparse
import errno
import importlib
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from pydantic import ValidationError
from pydantic_settings import SettingsError

from shared.chassis.http.hosts import ServedHosts, own_hosts
from shared.chassis.http.listeners import Listeners
from shared.chassis.operations.start_checks import CONFIGURATION_FAULT, describe_settings_error, find_faults
from shared.chassis.settings import ListenerSettings, ServiceSettings

# h11 lets a smuggled request through
PROTOCOL = "httptools"
GRACE_SECONDS = 10  # for answers under way when the server is told to stop: an open stream must not hold it up
CANNOT_LISTEN = 1
NO_ADDRESS = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)

Factory = Callable[[], Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; the process's exit code."""
    chosen = _parser().parse_args(arguments)
    module, _, name = chosen.factory.partition(":")
    application = importlib.import_module(module)
    settings, faults = read_settings(getattr(application, "Settings", ListenerSettings))
    if faults or settings is None:
        print("\n- ".join([f"{module} does not start:", *faults]), file=sys.stderr)
        return CONFIGURATION_FAULT
    if chosen.check:
        print(f"{module} may start.")
        return 0
    ports = [chosen.port] if chosen.internal_port is None else [chosen.port, chosen.internal_port]
    try:
        sockets = [bind(chosen.host, port) for port in ports]
        server_of(getattr(application, name), settings, chosen.internal_port).run(sockets)
    except OSError as error:
        if error.errno not in NO_ADDRESS:
            raise
        print(f"Can not listen on {chosen.host}, ports {ports}: {error.strerror}.", file=sys.stderr)
        return CANNOT_LISTEN
    return 0


def read_settings(kind: type[ListenerSettings]) -> tuple[ListenerSettings | None, list[str]]:
    """The settings of the environment, and all that keeps a service with them from starting."""
    try:
        settings = kind()
    except (ValidationError, SettingsError) as error:
        return None, describe_settings_error(error)
    return settings, find_faults(settings) if isinstance(settings, ServiceSettings) else []


def server_of(factory: Factory, settings: ListenerSettings, internal_port: int | None) -> uvicorn.Server:
    """The server of an application, not yet running. The application is built inside of its event loop."""
    config = uvicorn.Config(
        lambda: listeners_of(factory(), settings, internal_port),
        factory=True,
        interface="asgi3",
        http=PROTOCOL,
        ws="none",
        loop="uvloop",
        log_config=None,  # the chassis writes the logs
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def listeners_of(app: Any, settings: ListenerSettings, internal_port: int | None) -> Listeners:
    """The application behind its listeners. One that is no service's (a stand-in) has no metrics."""
    service = getattr(app.state, "service", None)
    own = own_hosts(settings.service, settings.services, settings.internal_services)
    return Listeners(
        app,
        internal_port,
        ServedHosts(settings.hosts, own),
        public_contract=settings.public_contract,
        concurrent_requests=settings.concurrent_requests,
        metrics=service.metrics if service is not None else None,
    )


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
    parser.add_argument("--port", type=int, default=8000, help="for callers (default: %(default)s)")
    parser.add_argument(
        "--internal-port",
        type=int,
        help="for /internal and /metrics, which the other port then refuses; without it everything answers on one",
    )
    parser.add_argument("--check", action="store_true", help="only say whether it may start with these settings")
    return parser


if __name__ == "__main__":
    sys.exit(main())
