"""The one command that runs a service: `python -m shared.chassis.server services.gateway.app:create_app --port 8000
--internal-port 8001`. One server, two listening sockets; each answers its own paths (listeners.py).
A service whose settings or keys are not safe says all that is wrong and does not start (start_checks.py).
"""

import argparse
import errno
import importlib
import resource
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import uvicorn
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from shared.chassis.connections.guarded_protocol import guarded_protocol
from shared.chassis.connections.settings import ConnectionSettings
from shared.chassis.server.hosts import ServedHosts, own_hosts
from shared.chassis.server.listeners import Listeners
from shared.chassis.server.start_checks import CONFIGURATION_FAULT, describe_settings_error, find_faults
from shared.chassis.settings import ListenerSettings, ServiceSettings

KEEP_ALIVE_SECONDS = 20  # longer than our own clients keep a connection (shared/http.py), so that none meets its end
GRACE_SECONDS = 10  # for answers under way when the server is told to stop: an open stream must not hold it up
MOST_FILES = 65_536
FILES_OF_OUR_OWN = 256  # of the database, the broker, the other services, the logs
CANNOT_LISTEN = 1
NO_ADDRESS = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)

Factory = Callable[[], Any]
Chosen = TypeVar("Chosen", bound=BaseSettings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; the process's exit code."""
    chosen = _parser().parse_args(arguments)
    module, _, name = chosen.factory.partition(":")
    application = importlib.import_module(module)
    settings, faults = read_settings(getattr(application, "Settings", ListenerSettings))
    connections, more_faults = read_settings(ConnectionSettings)
    faults += more_faults
    if faults or settings is None or connections is None:
        print("\n- ".join([f"{module} does not start:", *faults]), file=sys.stderr)
        return CONFIGURATION_FAULT
    if chosen.check:
        print(f"{module} may start.")
        return 0
    ports = [chosen.port] if chosen.internal_port is None else [chosen.port, chosen.internal_port]
    try:
        sockets = [bind(chosen.host, port) for port in ports]
        server_of(getattr(application, name), settings, connections, chosen.internal_port).run(sockets)
    except OSError as error:
        if error.errno not in NO_ADDRESS:
            raise
        print(f"Can not listen on {chosen.host}, ports {ports}: {error.strerror}.", file=sys.stderr)
        return CANNOT_LISTEN
    return 0


def read_settings(kind: type[Chosen]) -> tuple[Chosen | None, list[str]]:
    """The settings of the environment, and all that keeps a service with them from starting."""
    try:
        settings = kind()
    except (ValidationError, SettingsError) as error:
        return None, describe_settings_error(error)
    return settings, find_faults(settings) if isinstance(settings, ServiceSettings) else []


def server_of(
    factory: Factory, settings: ListenerSettings, connections: ConnectionSettings, internal_port: int | None
) -> uvicorn.Server:
    """The server of an application, not yet running. The application is built inside of its event loop."""
    built: list[Listeners] = []

    def build() -> Listeners:
        built.append(listeners_of(factory(), settings, connections, internal_port))
        return built[0]

    def record(code: str, address: str) -> None:
        built[0].record_refused_connection(code, address)

    config = uvicorn.Config(
        build,
        factory=True,
        interface="asgi3",
        http=guarded_protocol(connections.limits(record)),
        ws="none",
        loop="uvloop",
        log_config=None,  # the chassis writes the logs
        access_log=False,
        server_header=False,
        proxy_headers=bool(connections.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in connections.trusted_proxies],
        limit_concurrency=allow_open_files(),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def allow_open_files() -> int:
    """Lets the process open as many files as the system allows it; returns how many connections may be open of them.

    Many shells start with 1,024, which a few clients could fill. What is a limit of requests at once is told by the
    listeners, in time for everybody to be answered; this one only keeps files for the database and the logs."""
    now, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if now not in (resource.RLIM_INFINITY, wanted) and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(wanted - FILES_OF_OUR_OWN, FILES_OF_OUR_OWN)


def listeners_of(
    app: Any, settings: ListenerSettings, connections: ConnectionSettings, internal_port: int | None
) -> Listeners:
    """The application behind its listeners. One that is no service's (a stand-in) has neither metrics nor logs."""
    service = getattr(app.state, "service", None)
    own = own_hosts(settings.service, settings.services, settings.internal_services)
    return Listeners(
        app,
        internal_port,
        ServedHosts(settings.hosts, own),
        public_contract=settings.public_contract,
        concurrency=connections.concurrency,
        metrics=service.metrics if service is not None else None,
        security_log=service.security_log if service is not None else None,
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
