"""One PostgreSQL for a whole test run: the first worker that needs it starts it, the last one stops it.

It lies in the temporary directory, and is shared by pytest-xdist's workers through a locked file. What a run that was
killed left behind is stopped by the next run.
"""

import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.embedded.postgres import USER, EmbeddedPostgres
from deploy.embedded.processes import ProcessId

# Speed for tests of logic. Durability is tested on whole systems, with the settings they ship with.
# Systems of five services that tests share stay open beside those of one test, in every worker.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "96MB",
    "max_connections": "600",
    "scram_iterations": "1",  # of passwords set from now on; 4096 cost more than all else of a connection
}


class RunPostgres:
    """Shared by the processes of one run, which `run` names."""

    def __init__(self, run: str) -> None:
        self.homes = Path(tempfile.gettempdir()) / f"patron-tests-{os.getuid()}"
        self.homes.mkdir(mode=0o755, exist_ok=True)
        self.home = self.homes / run
        self.server = EmbeddedPostgres(self.home, settings=FAST)

    def start(self) -> str:
        """The server's URL without a database; starts the server when nobody of this run has yet."""
        with self._locked():
            self._sweep()
            state = self._state(self.home)
            if not state:
                self.home.mkdir(mode=0o755, exist_ok=True)
                self._write({"users": [os.getpid()]})  # first, so that a start cut short is swept up
                try:
                    self.server.start()
                    self.server.execute(f"alter role {USER} password '{self.server.password}'")
                except BaseException:
                    self._end(self.home)
                    raise
                state = {"url": self.server.url(""), "users": []}
            state["users"].append(os.getpid())
            self._write(state)
            return str(state["url"])

    def stop(self) -> None:
        """Called once by each process that called `start`; the last one stops the server and removes its files."""
        with self._locked():
            state = self._state(self.home)
            if os.getpid() in state.get("users", []):
                state["users"].remove(os.getpid())
            if state and not _living(state["users"]):
                self._end(self.home)
            elif state:
                self._write(state)

    def _sweep(self) -> None:
        for home in self.homes.iterdir():
            state = self._state(home)
            if state and not _living(state["users"]):
                self._end(home)

    def _end(self, home: Path) -> None:
        """Stop the server that has its data there, whoever started it, and remove the data."""
        data = home / "postgres"
        pid_file = data / "cluster" / "postmaster.pid"
        lines = pid_file.read_text().splitlines() if pid_file.exists() else []
        server = ProcessId.of(int(lines[0])) if lines else None
        if home == self.home and self.server.running:
            self.server.stop()
        elif server is not None and server.runs(str(data.resolve() / "cluster")):
            server.stop(20, signal.SIGINT)
        if data.is_symlink():
            shutil.rmtree(data.resolve(), ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)

    def _state(self, home: Path) -> dict[str, Any]:
        file = home / "state.json"
        content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        return content

    def _write(self, state: dict[str, Any]) -> None:
        (self.home / "state.json").write_text(json.dumps(state))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.homes / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _living(pids: list[int]) -> bool:
    return any(ProcessId.of(pid) is not None for pid in pids)
