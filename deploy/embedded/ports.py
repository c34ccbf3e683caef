"""Ports on 127.0.0.1: free ones, kept per data directory so that addresses stay the same from start to start."""

import json
import os
import random
import socket
from collections.abc import Collection
from pathlib import Path

from deploy.embedded.failures import StartFailed

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """True when a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are still in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(besides: Collection[int] = ()) -> int:
    """A free port below the range that the kernel hands to outgoing connections, so that none of those can take it."""
    for _ in range(200):
        port = random.randint(20_000, 32_000)
        if port not in besides and is_free(port):
            return port
    raise StartFailed("No free port between 20000 and 32000 on 127.0.0.1. Stop some programs and try again.")


class KeptPorts:
    """The ports of one data directory, in `ports.json`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def choose(self, name: str, *, demanded: int | None = None, preferred: int | None = None) -> int:
        """The port that is demanded, or the one kept, or the preferred one, or any free one."""
        if demanded is not None:
            if not is_free(demanded):
                raise StartFailed(
                    f"Port {demanded} on 127.0.0.1, asked for {name}, is taken by another program. "
                    "Stop that program, or choose another port with --port."
                )
            return self._keep(name, demanded)
        for candidate in (self._kept().get(name), preferred):
            if candidate is not None and is_free(candidate):
                return self._keep(name, candidate)
        return self._keep(name, free_port(besides=self._kept().values()))

    def _kept(self) -> dict[str, int]:
        if not self._file.exists():
            return {}
        ports: dict[str, int] = json.loads(self._file.read_text())
        return ports

    def _keep(self, name: str, port: int) -> int:
        ports = self._kept()
        if ports.get(name) != port:
            ports[name] = port
            temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
            temporary.write_text(json.dumps(ports, indent=2) + "\n")
            temporary.replace(self._file)
        return port
