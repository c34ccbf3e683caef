"""`patron status` and `patron topics`: what runs, what lags, what is missing or parked, in words or as JSON."""

import json
from collections.abc import Mapping
from typing import Any

import typer
from rich.table import Table

from deploy.embedded.state import State
from deploy.operator.schedules import schedule_rows
from deploy.operator.status import broker_metadata, collect, does_not_read, notes_of, problems_of
from deploy.terminal import DEFAULT_DATA, CommandFailed, DataOption, JsonOption, console, patron, running_state


def status(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Show what runs, what lags, what is missing or parked. Exit 1 when something needs a look."""
    state = State.read(data)
    report = (
        collect(data, state) if state is not None and state.alive else {"phase": "stopped", "parts": {}, "services": {}}
    )
    problems = problems_of(report)
    if as_json:
        typer.echo(json.dumps(report | {"problems": problems, "notes": notes_of(report)}, indent=2))
    elif report["phase"] == "stopped":
        console.print(f"No system runs on {data}. Start it with: {patron('up')}")
    else:
        _show(report, problems)
    if problems or report["phase"] == "stopped":
        raise typer.Exit(1)


def topics(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Show the broker's topics, and who has how much of each still to read."""
    state = running_state(data)
    metadata = broker_metadata(state)
    if metadata is None:
        raise CommandFailed(f"The broker at {state.kafka} does not answer. See {data}/logs/broker.log.")
    report = collect(data, state)
    behind = {
        topic: {
            name: service["lag"][topic]
            for name, service in report["services"].items()
            if service.get("lag", {}).get(topic)
        }
        for topic in metadata.topics
    }
    if as_json:
        typer.echo(
            json.dumps(
                {
                    topic: {"partitions": partitions, "behind": behind[topic]}
                    for topic, partitions in metadata.topics.items()
                },
                indent=2,
            )
        )
        return
    table = Table("topic", "partitions", "still to read")
    for topic, partitions in sorted(metadata.topics.items()):
        table.add_row(topic, str(partitions), _counts(behind[topic]) or "nothing")
    console.print(table)


def _show(report: Mapping[str, Any], problems: list[str]) -> None:
    table = Table("part", "state", "to send", "to read", "gaps", "parked", "timers due", "port")
    for name, up in report["parts"].items():
        table.add_row(name, _up(up), "", "", "", "", "", "")
    for name, service in report["services"].items():
        cells = status_cells(service) if service["up"] else ["?"] * 5
        table.add_row(name, _up(service["up"]), *cells, service["url"].rpartition(":")[2])
    console.print(table)
    if report.get("schedules"):
        runs = Table("run", "last due", "what came of it", "next due", "behind")
        for row in schedule_rows(report["schedules"]):
            runs.add_row(*row)
        console.print(runs)
    notes = notes_of(report)
    if not problems:
        missing = "nothing else" if notes else "nothing"
        console.print(f"Everything is up; {missing} is missing, nothing is parked.", style="green")
    for note in notes:
        console.print(note, markup=False)
    for problem in problems:
        console.print(problem, style="yellow", markup=False)


def status_cells(status: Mapping[str, Any]) -> list[str]:
    to_read = "unknown" if does_not_read(status) else _counts(status.get("lag", {})) or "nothing"
    counts = [str(status.get(name, "?")) for name in ("outbox_depth", "gaps", "parked_count", "timers_due")]
    return [counts[0], to_read, *counts[1:]]


def _up(up: bool) -> str:
    return "[green]up[/green]" if up else "[red]down[/red]"


def _counts(lag: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {'unknown' if count < 0 else count}" for name, count in sorted(lag.items()) if count)
