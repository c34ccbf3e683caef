"""Starting a system in the background, and saying where it is once it runs."""

import subprocess
import sys
import time
from pathlib import Path

from deploy.embedded.failures import StartFailed
from deploy.embedded.processes import ProcessId, tail
from deploy.embedded.state import State
from deploy.terminal import DEFAULT_DATA, CommandFailed, console, patron, running_state, with_data


def make_room(data: Path) -> None:
    """The folders that everything else writes into, made first: where none can be, one sentence says so."""
    try:
        (data / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandFailed(
            f"{data} can not be the data directory: {error.strerror}. Name another with --data."
        ) from error


def start_detached(data: Path, port: int | None = None) -> None:
    """Starts a system with its own supervisor and returns when it is ready; it stays until `patron down`."""
    log = data / "logs" / "supervisor.log"
    command = [sys.executable, "-m", "deploy.cli", "up", "--no-demo", "--data", str(data)]
    if port is not None:
        command += ["--port", str(port)]
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    with console.status("starting PostgreSQL, the broker and the services"):
        while not _is_ready(data, child.pid):
            if child.poll() is not None:
                raise StartFailed(tail(log, 25))
            time.sleep(0.1)


def _is_ready(data: Path, supervisor: int) -> bool:
    state = State.read(data)
    if state is None or state.phase != "ready" or ProcessId.of(supervisor) is None:
        return False
    return state.supervisor.pid == supervisor


def show_addresses(data: Path, stop: str) -> None:
    """Where the running system is, and how to look at it and stop it."""
    gateway = running_state(data).services["gateway"]
    option = with_data(data) if data != DEFAULT_DATA.absolute() else ""
    lines = {
        "desk": f"{gateway}/desk",
        "API": f"{gateway}/docs",
        "a token": patron(f"token --role manager{option}"),
        "its state": patron(f"status{option}"),
        "its logs": str(data / "logs"),
        "to stop it": stop if stop == "Ctrl-C" else stop + option,
    }
    console.print("\nPatron runs.", style="bold green")
    for name, value in lines.items():
        console.print(f"  {name:<11} {value}", markup=False, soft_wrap=True)
