"""What runs on a data directory: `state.json` (ports, pids) for status, tests and measurements, and the lock that one
supervisor holds."""

import fcntl
import os
import signal
from pathlib import Path

from pydantic import BaseModel

from deploy.embedded.failures import StartFailed
from deploy.embedded.processes import ProcessId


class Running(BaseModel):
    """One process. `started` tells it from a later process that got the same pid."""

    pid: int
    started: float
    port: int | None = None
    url: str | None = None

    @property
    def process(self) -> ProcessId:
        return ProcessId(self.pid, self.started)


class State(BaseModel):
    """The content of `state.json`."""

    phase: str  # starting, ready, stopping, stopped
    supervisor: Running
    kafka: str
    kafka_mode: str
    services: dict[str, str]  # name -> url, all five, running or not
    internal: dict[str, str]  # name -> url of its /internal and /metrics
    databases: dict[str, str]  # service -> database name
    processes: dict[str, Running]  # postgres, broker and the services that run now

    @classmethod
    def read(cls, data_dir: Path) -> "State | None":
        """None when nothing was ever started here."""
        try:
            return cls.model_validate_json((data_dir / "state.json").read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, data_dir: Path) -> None:
        temporary = data_dir / f"state.{os.getpid()}.tmp"
        temporary.write_text(self.model_dump_json(indent=2) + "\n")
        temporary.replace(data_dir / "state.json")

    @property
    def alive(self) -> bool:
        return self.phase != "stopped" and self.supervisor.process.alive()


class DataDirLock:
    """Held while a supervisor lives; the kernel lets go of it even after kill -9."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._descriptor: int | None = None

    def take(self) -> None:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise StartFailed(self._who_runs()) from error
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _who_runs(self) -> str:
        state = State.read(self._data_dir)
        where = f" (gateway {state.services.get('gateway')}, process {state.supervisor.pid})" if state else ""
        return (
            f"Patron already runs on {self._data_dir}{where}. Look at it with `patron status`, stop it with "
            "`patron down`, or start a second system with another --data."
        )


def end_leftovers(data_dir: Path) -> list[str]:
    """Stops processes of a supervisor that was killed; called under the lock. Returns their names."""
    state = State.read(data_dir)
    if state is None:
        return []
    leftovers = {name: running.process for name, running in state.processes.items() if running.process.alive()}
    # the reverse of the order of starting: Postgres last, and by its fast shutdown
    for name, process in reversed(leftovers.items()):
        process.stop(30, signal.SIGINT if name == "postgres" else signal.SIGTERM)
    return list(leftovers)
