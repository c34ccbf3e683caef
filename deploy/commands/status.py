"""`patron status` and `patron topics`: what runs, what lags, what is missing or parked, in words or as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from deploy.commands.terminal import DEFAULT_DATA, CommandFailed, DataOption, JsonOption, console, patron, running_state
from deploy.embedded.kafka_wire import Metadata, ask_metadata
from deploy.embedded.state import State
from deploy.operator import Operator, Unreachable

STALE_OUTBOX_SECONDS = 10


def status(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Show what runs, what lags, what is missing or parked. Exit 1 when something needs a look."""
    state = State.read(data)
    report = (
        collect(data, state) if state is not None and state.alive else {"phase": "stopped", "parts": {}, "services": {}}
    )
    wrong = problems(report)
    if as_json:
        typer.echo(json.dumps(report | {"problems": wrong, "notes": notes(report)}, indent=2))
    elif report["phase"] == "stopped":
        console.print(f"No system runs on {data}. Start it with: {patron('up')}")
    else:
        _show(report, wrong)
    if wrong or report["phase"] == "stopped":
        raise typer.Exit(1)


def topics(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Show the broker's topics, and who has how much of each still to read."""
    state = running_state(data)
    metadata = _metadata(state)
    if metadata is None:
        raise CommandFailed(f"The broker at {state.kafka} does not answer. See {data}/logs/broker.log.")
    report = collect(data, state)
    behind = {
        topic: {name: s["lag"][topic] for name, s in report["services"].items() if s.get("lag", {}).get(topic)}
        for topic in metadata.topics
    }
    if as_json:
        typer.echo(
            json.dumps({t: {"partitions": n, "behind": behind[t]} for t, n in metadata.topics.items()}, indent=2)
        )
        return
    table = Table("topic", "partitions", "still to read")
    for topic, partitions in sorted(metadata.topics.items()):
        table.add_row(topic, str(partitions), _counts(behind[topic]) or "nothing")
    console.print(table)


def collect(data: Path, state: State) -> dict[str, Any]:
    """Asks every service; one that does not answer is a finding, not a failure."""
    services: dict[str, dict[str, Any]] = {}
    with Operator(data / "keys", state.services) as operator:
        for name, url in state.services.items():
            try:
                services[name] = {"url": url, "up": True} | operator.get(name, "/internal/status")
            except Unreachable as error:
                services[name] = {"url": url, "up": False, "error": str(error)}
    parts = {
        "postgres": (running := state.processes.get("postgres")) is not None and running.process.alive(),
        "broker": _metadata(state) is not None,
    }
    return {"phase": state.phase, "gateway": state.services.get("gateway"), "parts": parts, "services": services}


def problems(report: Mapping[str, Any]) -> list[str]:
    """What needs a person's look, each with what to do. Lag and gaps alone do not: they are work in progress."""
    found = [f"{name} is down; the supervisor starts it again" for name, up in report["parts"].items() if not up]
    for name, service in report["services"].items():
        if not service["up"]:
            found.append(f"{name}: {service['error']}")
            continue
        if does_not_read(service):
            found.append(f"{name} does not read from the broker; see its log for `consumer_starts_again`")
        if service.get("parked_count"):
            found.append(f"{name} has {service['parked_count']} parked events: {patron('parked list')}")
        if service.get("epoch_differences"):
            count = service["epoch_differences"]
            found.append(
                f"{name} had consumed more of {count} streams than their restored owner knows: see docs/operations.md"
            )
        if service.get("timers_failed"):
            found.append(f"{name} has {service['timers_failed']} timers that failed; see its log")
        if (service.get("outbox_oldest_seconds") or 0) > STALE_OUTBOX_SECONDS:
            found.append(f"{name} has not sent its oldest event for {service['outbox_oldest_seconds']:.0f} s")
    return found


def does_not_read(status: Mapping[str, Any]) -> bool:
    """It has no connection to the broker, or could not learn from it what is left to read."""
    return any(count < 0 for count in status.get("lag", {}).values())


def notes(report: Mapping[str, Any]) -> list[str]:
    """What was gone past for good: decided or found once, so it is told and needs nobody now."""
    return [
        f"{name} went past {service['holes']} events or beginnings of streams for good: {patron('verify')} names them"
        for name, service in report["services"].items()
        if service.get("holes")
    ]


def _show(report: Mapping[str, Any], wrong: list[str]) -> None:
    table = Table("part", "state", "to send", "to read", "gaps", "parked", "timers due", "port")
    for name, up in report["parts"].items():
        table.add_row(name, _up(up), "", "", "", "", "", "")
    for name, service in report["services"].items():
        cells = status_cells(service) if service["up"] else ["?"] * 5
        table.add_row(name, _up(service["up"]), *cells, service["url"].rpartition(":")[2])
    console.print(table)
    noted = notes(report)
    if not wrong:
        missing = "nothing else" if noted else "nothing"
        console.print(f"Everything is up; {missing} is missing, nothing is parked.", style="green")
    for note in noted:
        console.print(note, markup=False)
    for problem in wrong:
        console.print(problem, style="yellow", markup=False)


def status_cells(status: Mapping[str, Any]) -> list[str]:
    to_read = "unknown" if does_not_read(status) else _counts(status.get("lag", {})) or "nothing"
    counts = [str(status.get(name, "?")) for name in ("outbox_depth", "gaps", "parked_count", "timers_due")]
    return [counts[0], to_read, *counts[1:]]


def _up(up: bool) -> str:
    return "[green]up[/green]" if up else "[red]down[/red]"


def _counts(lag: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {'unknown' if count < 0 else count}" for name, count in sorted(lag.items()) if count)


def _metadata(state: State) -> Metadata | None:
    host, _, port = state.kafka.rpartition(":")
    try:
        return ask_metadata(host, int(port))
    except (OSError, ValueError):
        return None
