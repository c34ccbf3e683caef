"""`patron parked`: events that a service could not apply. Their key is blocked until someone decides."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from deploy.commands.status import collect
from deploy.commands.terminal import DEFAULT_DATA, CommandFailed, DataOption, JsonOption, console, running_state
from deploy.operator import Operator, Unreachable

app = typer.Typer(
    help="Events a service could not apply: list them, apply one again, or give one up.", no_args_is_help=True
)

ParkedId = Annotated[str, typer.Argument(metavar="ID", help="The id shown by `patron parked list`.")]


@app.command("list")
def show(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """List them, with the reason of each."""
    parked, silent = _parked(data)
    if as_json:
        typer.echo(json.dumps({"parked": parked, "unreachable": silent}, indent=2))
        return
    if parked:
        table = Table("id", "service", "topic", "key", "seq", "reason")
        for event in parked:
            row = (str(event.get(name, "")) for name in ("id", "service", "topic", "key", "seq", "reason"))
            table.add_row(*row)
        console.print(table)
    else:
        console.print("No event is parked." if not silent else "No event is parked at the services that answer.")
    for name, error in silent.items():
        console.print(f"{name}: {error}", style="yellow", markup=False)


@app.command()
def retry(parked_id: ParkedId, data: DataOption = DEFAULT_DATA) -> None:
    """Apply it again, then everything that waited behind it."""
    service, answer = _decide(parked_id, "retry", data)
    if isinstance(answer, dict) and answer.get("applied") is False:
        raise CommandFailed(f"{service} still cannot apply {parked_id}: `patron parked list` has the reason.")
    console.print(f"{service} applied {parked_id} and goes on with what waited behind it.")


@app.command()
def drop(
    parked_id: ParkedId,
    data: DataOption = DEFAULT_DATA,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Give it up: its effects are lost for good, and the hole is recorded."""
    if not yes:
        typer.confirm(
            "The effects of this event are lost for good, and `patron verify` will name the hole. Drop it?", abort=True
        )
    service, _ = _decide(parked_id, "drop", data)
    console.print(f"{service} goes on without {parked_id}; the hole is recorded.")


def _parked(data: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    report = collect(data, running_state(data))
    events = [
        {"service": name} | event for name, service in report["services"].items() for event in service.get("parked", [])
    ]
    return events, {name: s["error"] for name, s in report["services"].items() if not s["up"]}


def _decide(parked_id: str, step: str, data: Path) -> tuple[str, Any]:
    state = running_state(data)
    events, silent = _parked(data)
    owners = [event["service"] for event in events if str(event["id"]) == parked_id]
    if not owners:
        missing = f" (no answer from {', '.join(silent)})" if silent else ""
        raise CommandFailed(f"No parked event has the id {parked_id}{missing}. See `patron parked list`.")
    with Operator(data / "keys", state.services, timeout=60) as operator:
        try:
            return str(owners[0]), operator.post(owners[0], f"/internal/parked/{parked_id}/{step}")
        except Unreachable as error:
            raise CommandFailed(f"{owners[0]} could not {step} it: {error}") from error
