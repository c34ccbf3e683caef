"""`patron bus-key`: the ring of keys that services seal their events with, changed while everything runs.

A key goes through three steps: **add** (it verifies, and does not sign yet), **use** (it signs; the others still
verify), **retire** (it is gone). Services read the ring again with the next events they send or receive, so each step
is in force at once on this machine; where the file has to be brought to others, bring it everywhere before the next.
"""

import json
import os
import re
from pathlib import Path
from typing import Annotated

import typer

from deploy.embedded.keys import overwrite_bus_keys
from deploy.terminal import DEFAULT_DATA, CommandFailed, DataOption, JsonOption, console
from shared.messaging.seal import FILE_NAME as BUS_KEYS
from shared.messaging.seal import KEY_ID_FORM, BadKeyRing, KeyRing

app = typer.Typer(
    help="The keys that services seal their events with: list them, add one, make it current, retire one.",
    no_args_is_help=True,
)

KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's name, as `patron bus-key list` shows it.")]
NewId = Annotated[str | None, typer.Argument(metavar="[ID]", help="A name for it; without one the next number.")]


@app.command("list")
def show(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """List the keys by name, and say which one signs. No key is shown."""
    ring = _read(data)
    if as_json:
        typer.echo(json.dumps({"current": ring.current, "keys": list(ring.keys)}, indent=2))
        return
    for key_id in ring.keys:
        console.print(f"{key_id}  {'signs and verifies' if key_id == ring.current else 'verifies'}", markup=False)


@app.command()
def add(key_id: NewId = None, data: DataOption = DEFAULT_DATA) -> None:
    """Add a new key: it verifies, and does not sign yet."""
    ring = _read(data)
    key_id = key_id or _next_id(ring)
    if not KEY_ID_FORM.fullmatch(key_id):
        raise CommandFailed("A key's name is small letters, digits, dots and dashes, at most 32.")
    if key_id in ring.keys:
        raise CommandFailed(f"There is a key {key_id} already.")
    overwrite_bus_keys(data / "keys", KeyRing(ring.current, ring.keys | KeyRing.generate(key_id).keys))
    console.print(f"Added {key_id}. When every service has the file: patron bus-key use {key_id}", markup=False)


@app.command()
def use(key_id: KeyId, data: DataOption = DEFAULT_DATA) -> None:
    """Make a key the current one: new events are sealed under it, older ones still verify."""
    ring = _known(data, key_id)
    overwrite_bus_keys(data / "keys", KeyRing(key_id, ring.keys))
    console.print(f"{key_id} signs now; the others verify what is still on its way.", markup=False)


@app.command()
def retire(key_id: KeyId, data: DataOption = DEFAULT_DATA) -> None:
    """Take a key away: what is sealed under it and was not read yet is pulled from its owner."""
    ring = _known(data, key_id)
    if key_id == ring.current:
        raise CommandFailed(f"{key_id} signs: make another key the current one first (patron bus-key use ID).")
    overwrite_bus_keys(data / "keys", KeyRing(ring.current, {k: v for k, v in ring.keys.items() if k != key_id}))
    console.print(f"{key_id} is retired.", markup=False)


def _read(data: Path) -> KeyRing:
    file = data / "keys" / BUS_KEYS
    try:
        return KeyRing.parse(file.read_text())
    except OSError as error:
        raise CommandFailed(f"{file} can not be read ({os.strerror(error.errno or 0)}).") from None
    except BadKeyRing as error:
        raise CommandFailed(f"{file} is no ring of keys: {error}.") from None


def _known(data: Path, key_id: str) -> KeyRing:
    ring = _read(data)
    if key_id not in ring.keys:
        raise CommandFailed(f"There is no key {key_id}; there are {', '.join(ring.keys)}.")
    return ring


def _next_id(ring: KeyRing) -> str:
    numbers = [int(name[1:]) for name in ring.keys if re.fullmatch(r"k\d{1,9}", name)]
    return f"k{max(numbers, default=0) + 1}"
