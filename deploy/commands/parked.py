"""`patron parked`: events that a service could not apply. Their key is blocked until someone decides.

Messages that no service had sealed lie beside them: they block nothing, and can be dropped, one or all of them.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.operator import Operator, Unreachable
from deploy.operator.status import collect
from deploy.terminal import DEFAULT_DATA, CommandFailed, DataOption, JsonOption, console, running_state

NOT_AUTHENTIC = "not_authentic"

app = typer.Typer(
    help="Events a service could not apply: list them, apply one again, or give one up.", no_args_is_help=True
)

ParkedId = Annotated[str, typer.Argument(metavar="ID", help="The id shown by `patron parked list`, or how it begins.")]


@app.command("list")
def show(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """List them, with the reason of each."""
    parked, silent = _parked(data)
    if as_json:
        typer.echo(json.dumps({"parked": parked, "unreachable": silent}, indent=2))
        return
    for event in parked:
        _say(event)
    if not parked:
        console.print("No event is parked." if not silent else "No event is parked at the services that answer.")
    for name, error in silent.items():
        console.print(f"{name}: {error}", style="yellow", markup=False)


@app.command()
def retry(parked_id: ParkedId, data: DataOption = DEFAULT_DATA) -> None:
    """Apply it again, then everything that waited behind it."""
    service, parked_id = find(*_parked(data), parked_id)
    answer = _decide(service, parked_id, "retry", data)
    if isinstance(answer, dict) and answer.get("applied") is False:
        raise CommandFailed(f"{service} still cannot apply {parked_id}: `patron parked list` has the reason.")
    console.print(f"{service} applied {parked_id} and goes on with what waited behind it.")


@app.command()
def discard(data: DataOption = DEFAULT_DATA) -> None:
    """Drop all messages that are not authentic: no service sealed them, and nothing waits for them."""
    dropped = 0
    while forged := [event for event in _parked(data)[0] if event.get("reason") == NOT_AUTHENTIC]:
        for event in forged:
            _decide(event["service"], event["id"], "drop", data)
        dropped += len(forged)
    console.print(f"{dropped} messages were dropped." if dropped else "No message is parked as not authentic.")


@app.command()
def drop(
    parked_id: ParkedId,
    data: DataOption = DEFAULT_DATA,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Give it up: its effects are lost for good, and the hole is recorded."""
    events, silent = _parked(data)
    service, parked_id = find(events, silent, parked_id)
    if any(event["id"] == parked_id and event.get("reason") == NOT_AUTHENTIC for event in events):
        _decide(service, parked_id, "drop", data)
        console.print(f"{service} dropped {parked_id}: it was no event, and nothing waited for it.")
        return
    if not yes:
        typer.confirm(
            f"The effects of {parked_id} are lost for good, and `patron verify` will name the hole. Drop it?",
            abort=True,
        )
    _decide(service, parked_id, "drop", data)
    console.print(f"{service} goes on without {parked_id}; the hole is recorded.")


def _parked(data: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    report = collect(data, running_state(data))
    events = [
        {"service": name} | event for name, service in report["services"].items() for event in service.get("parked", [])
    ]
    return events, {name: s["error"] for name, s in report["services"].items() if not s["up"]}


def _say(event: Mapping[str, Any]) -> None:
    """Lines, not a table: in a narrow window a column would cut the id that `retry` wants, and the reason."""
    console.print(event["id"], style="bold", markup=False, soft_wrap=True)
    place = f"{event['service']}, {event.get('topic')}, key {event.get('key')}, seq {event.get('seq')}"
    reason = ": ".join(str(event[name]) for name in ("reason", "detail") if event.get(name))
    for line in (place, reason):
        console.print(f"  {line}", markup=False, soft_wrap=True)


def find(events: Sequence[Mapping[str, Any]], silent: Mapping[str, str], given: str) -> tuple[str, str]:
    """The service and the whole id of the event that is meant: by its id, or by a beginning that no other id has."""
    ids = {str(event["id"]): str(event["service"]) for event in events}
    alike = [given] if given in ids else [id for id in ids if given and id.startswith(given)]
    if not alike:
        missing = f" (no answer from {', '.join(silent)})" if silent else ""
        raise CommandFailed(f"No parked event has the id {given}{missing}. See `patron parked list`.")
    if len(alike) > 1:
        raise CommandFailed(f"{len(alike)} parked events have ids that begin with {given}: say more of it.")
    return ids[alike[0]], alike[0]


def _decide(service: str, parked_id: str, step: str, data: Path) -> Any:
    with Operator(data / "keys", running_state(data).internal, timeout=60) as operator:
        try:
            return operator.post(service, f"/internal/parked/{parked_id}/{step}")
        except Unreachable as error:
            raise CommandFailed(f"{service} could not {step} it: {error}") from error
