"""`patron up` and `patron down`: the system in the foreground, or detached with its own supervisor."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.demo import load_demo
from deploy.embedded.state import State, end_leftovers
from deploy.embedded.system import System
from deploy.launch import make_room, show_addresses, start_detached
from deploy.terminal import DEFAULT_DATA, CommandFailed, DataOption, console, patron

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
    make_room(data)
    demo = not no_demo and State.read(data) is None
    if detach:
        start_detached(data, port)
        if demo:
            load_demo(data, DEMO_HOUSEHOLDS)
        show_addresses(data, patron("down"))
    else:
        _run_here(data, port, demo)


def down(data: DataOption = DEFAULT_DATA) -> None:
    """Stop the system cleanly."""
    state = State.read(data)
    if state is None or not state.alive:
        stopped = end_leftovers(data)
        console.print(
            f"No system runs on {data}." + (f" Stopped what was stopped over: {', '.join(stopped)}." if stopped else "")
        )
        return
    supervisor = state.supervisor.process
    supervisor.send(signal.SIGTERM)
    with console.status("stopping"):
        if not supervisor.gone_within(90):
            raise CommandFailed(f"The supervisor (process {supervisor.pid}) does not stop; see {data}/logs.")
    console.print("stopped")


def _run_here(data: Path, port: int | None, demo: bool) -> None:
    started = time.monotonic()
    system = System(data, port, say=lambda text: console.print(text, style="dim", markup=False))
    with _interruptible():
        try:
            with system:
                console.print(f"ready after {time.monotonic() - started:.1f} s", style="dim")
                if demo:
                    load_demo(data, DEMO_HOUSEHOLDS)
                show_addresses(data, "Ctrl-C")
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
