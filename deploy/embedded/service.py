"""One service as a process: its command, its environment, when it is ready."""

import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.embedded.ports import LOOPBACK
from deploy.embedded.processes import ChildProcess, spawn

SERVICES = ("profile", "tiering", "complaint", "loyalty", "gateway")

FAULT = "PATRON_FAULT"
ANSWER_SECONDS = 5.0  # a service asks its database for two


def module_of(service: str) -> str:
    package = "gateway" if service == "gateway" else f"{service}_svc"
    return f"services.{package}.app:create_app"


def url_of(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def environment(
    service: str,
    *,
    database_url: str,
    migration_database_url: str,
    kafka: str,
    kafka_mode: str,
    ports: Mapping[str, int],
    internal_ports: Mapping[str, int],
    keys: Path,
) -> dict[str, str]:
    """What the chassis reads. What the user set (currency, zone, holidays, log level) stays as set."""
    chosen = {
        "PATRON_CURRENCY": "USD",
        "PATRON_TIME_ZONE": "UTC",
        "PATRON_HOLIDAYS": "CN",
        "PATRON_DEV_ISSUER": "1",
        "PATRON_LOG_LEVEL": "INFO",
        "PATRON_KAFKA_PARTITIONS": "4",
        "PATRON_CLOCK_SKEW_SECONDS": "0",  # one machine, one clock
    }
    fixed = {
        "PATRON_SERVICE": service,
        "PATRON_DATABASE_URL": database_url,
        "PATRON_MIGRATION_DATABASE_URL": migration_database_url,
        "PATRON_KAFKA": kafka,
        "PATRON_KAFKA_MODE": kafka_mode,
        "PATRON_SERVICES": json.dumps({name: url_of(port) for name, port in ports.items()}),
        "PATRON_INTERNAL_SERVICES": json.dumps({name: url_of(port) for name, port in internal_ports.items()}),
        "PATRON_KEYS": str(keys),
        "PATRON_FILES": str(keys.parent / "files"),
        "PYTHONUNBUFFERED": "1",
    }
    return chosen | dict(os.environ) | fixed


class ServiceProcess(ChildProcess):
    """One service's process, with its two listeners."""

    def __init__(self, name: str, port: int, internal_port: int, log: Path, env: dict[str, str]) -> None:
        super().__init__()
        self.name = name
        self.port = port
        self.internal_port = internal_port
        self.log = log
        self.env = env
        self.instance = ""

    def start(self) -> None:
        """Starts it and returns at once; `ready()` tells when it serves."""
        command = [
            *(sys.executable, "-m", "shared.chassis.server", module_of(self.name), "--host", LOOPBACK),
            *("--port", str(self.port), "--internal-port", str(self.internal_port)),
        ]
        # python -m looks for modules in the working directory first: it must not be a random one
        self.instance = secrets.token_hex(8)
        env = self.env | {"PATRON_INSTANCE": self.instance}
        self._child = spawn(command, self.log, env=env, cwd=self.log.parent)

    def ready(self) -> bool:
        """It serves, and it is ours: another system that took the port in the same moment would answer as well."""
        try:
            with urllib.request.urlopen(f"{url_of(self.port)}/readyz", timeout=2) as answer:
                return bool(answer.status == 200 and json.load(answer).get("instance") == self.instance)
        except (urllib.error.URLError, OSError, ValueError):
            return False

    def answers(self) -> bool:
        """It serves, and none of its parts hangs. What waits for a database or a broker that is away does not."""
        try:
            with urllib.request.urlopen(f"{url_of(self.port)}/readyz", timeout=ANSWER_SECONDS) as answer:
                body = json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                body = _json_of(refused.read())
        except (urllib.error.URLError, OSError, ValueError):
            return False
        return not any(part.get("hangs") for part in body.get("stuck", ()))

    def ask_to_stop(self) -> None:
        if self._child is not None and self.running:
            self._child.terminate()


def _json_of(body: bytes) -> dict[str, Any]:
    """An empty object for what is none: somebody answers, which is all that is asked."""
    try:
        parsed: Any = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
