"""`patron up` and `patron down`: the system in the foreground, or detached with its own supervisor."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.demo import load_demo
from deploy.commands.terminal import DEFAULT_DATA, CommandFailed, DataOption, console, patron, running_state, with_data
from deploy.embedded.failures import StartFailed
from deploy.embedded.processes import ProcessId, tail
from deploy.embedded.state import State, end_leftovers
from deploy.embedded.system import System

DEMO_HOUSEHOLDS = 500


def up(
    data: DataOption = DEFAULT_DATA,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="The gateway's port (8000 when it is free).")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when everything is ready; stop with `down`.")
    ] = False,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Do not load the demo on a new data directory.")] = False,
) -> None:
    """Start the whole system here; Ctrl-C stops it cleanly."""
    data = data.absolute()
    _make_room(data)
    demo = not no_demo and State.read(data) is None
    if detach:
        _start_detached(data, port)
        _greet(data, demo, patron("down"))
    else:
        _run_here(data, port, demo)


def down(data: DataOption = DEFAULT_DATA) -> None:
    """Stop the system cleanly."""
    state = State.read(data)
    if state is None or not state.alive:
        left = end_leftovers(data)
        console.print(
            f"No system runs on {data}." + (f" Stopped what was left over: {', '.join(left)}." if left else "")
        )
        return
    supervisor = state.supervisor.process
    supervisor.send(signal.SIGTERM)
    with console.status("stopping"):
        if not supervisor.gone_within(90):
            raise CommandFailed(f"The supervisor (process {supervisor.pid}) does not stop; see {data}/logs.")
    console.print("stopped")


def _make_room(data: Path) -> None:
    """The folders that everything else writes into, made first: where none can be, one sentence says so."""
    try:
        (data / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandFailed(
            f"{data} can not be the data directory: {error.strerror}. Name another with --data."
        ) from error


def _run_here(data: Path, port: int | None, demo: bool) -> None:
    started = time.monotonic()
    system = System(data, port, say=lambda text: console.print(text, style="dim", markup=False))
    with _interruptible():
        try:
            with system:
                console.print(f"ready after {time.monotonic() - started:.1f} s", style="dim")
                _greet(data, demo, "Ctrl-C")
                while True:
                    signal.pause()
        except KeyboardInterrupt:
            console.print("stopped")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C, `patron down` and a closed terminal all end in the same clean stop."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    yield


def _interrupt(_number: int, _frame: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # one is enough: stopping takes a few seconds
    console.print("\nstopping (services, broker, PostgreSQL)", style="dim")
    raise KeyboardInterrupt


def _start_detached(data: Path, port: int | None) -> None:
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


def _greet(data: Path, demo: bool, stop: str) -> None:
    gateway = running_state(data).services["gateway"]
    option = with_data(data) if data != DEFAULT_DATA.absolute() else ""
    if demo:
        load_demo(data, DEMO_HOUSEHOLDS)
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
