"""What all commands share: the options' shapes, the console, foreseen failures."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.embedded.state import State

console = Console(highlight=False)

DataOption = Annotated[
    Path, typer.Option("--data", envvar="PATRON_DATA", help="The data directory of the system.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
DEFAULT_DATA = Path(".patron")


class CommandFailed(Exception):
    """A failure the command foresaw; the text says what to do next."""


def complain(text: str) -> None:
    Console(stderr=True, highlight=False).print(text, style="red", markup=False, soft_wrap=True)


def patron(arguments: str) -> str:
    """How to call a command from here: `patron` when it is on the path, else where it lies."""
    program = "patron" if shutil.which("patron") else str(_relative(Path(sys.executable).with_name("patron")))
    return f"{program} {arguments}"


def with_data(data: Path) -> str:
    """The option to repeat in a suggested command, when it is not the default."""
    return "" if data == DEFAULT_DATA else f" --data {data}"


def running_state(data: Path) -> State:
    """The system that runs on this data directory, or a failure that says how to start it."""
    state = State.read(data)
    if state is None or not state.alive:
        raise CommandFailed(f"No system runs on {data}. Start it with: {patron('up')}{with_data(data)}")
    return state


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
