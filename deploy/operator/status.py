"""How a running system is: what runs, what lags, what is missing or parked, asked of its services and its broker."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.embedded.kafka_wire import Metadata, ask_metadata
from deploy.embedded.state import State
from deploy.operator.client import Operator, Unreachable
from deploy.operator.schedules import PATH, SCHEDULING, schedule_notes, schedule_problems
from deploy.terminal import patron

STALE_OUTBOX_SECONDS = 10  # an event that waits for so long to be sent needs a look


def collect(data: Path, state: State) -> dict[str, Any]:
    """Asks every service; one that does not answer is a finding, not a failure."""
    services: dict[str, dict[str, Any]] = {}
    with Operator(data / "keys", state.internal) as operator:
        for name, url in state.services.items():
            try:
                services[name] = {"url": url, "up": True} | operator.get(name, "/internal/status")
            except Unreachable as error:
                services[name] = {"url": url, "up": False, "error": str(error)}
        schedules = _schedules(operator, services)
    parts = {
        "postgres": (running := state.processes.get("postgres")) is not None and running.process.alive(),
        "broker": broker_metadata(state) is not None,
    }
    return {
        "phase": state.phase, "gateway": state.services.get("gateway"), "parts": parts, "services": services,
        "schedules": schedules,
    }  # fmt: skip


def _schedules(operator: Operator, services: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """What runs by schedule; None where the service whose runs these are is not there or does not answer."""
    if not services.get(SCHEDULING, {}).get("up"):
        return None
    try:
        overview: dict[str, Any] = operator.get(SCHEDULING, PATH)
    except Unreachable:
        return None
    return overview


def problems_of(report: Mapping[str, Any]) -> list[str]:
    """What needs a person's look, each with what to do. Lag and gaps alone do not: they are work in progress."""
    problems = [f"{name} is down; the supervisor starts it again" for name, up in report["parts"].items() if not up]
    for name, service in report["services"].items():
        if not service["up"]:
            problems.append(f"{name}: {service['error']}")
            continue
        if does_not_read(service):
            problems.append(f"{name} does not read from the broker; see its log for `consumer_starts_again`")
        if service.get("parked_count"):
            problems.append(f"{name} has {service['parked_count']} parked events: {patron('parked list')}")
        if service.get("not_authentic_count"):
            problems.append(
                f"{name} was sent messages that no service had sealed, and keeps {service['not_authentic_count']}: "
                f"{patron('parked list')}"
            )
        if service.get("epoch_differences"):
            count = service["epoch_differences"]
            problems.append(
                f"{name} had consumed more of {count} streams than their restored owner knows: see docs/operations.md"
            )
        if service.get("timers_failed"):
            problems.append(f"{name} has {service['timers_failed']} timers that failed; see its log")
        if (service.get("outbox_oldest_seconds") or 0) > STALE_OUTBOX_SECONDS:
            problems.append(f"{name} has not sent its oldest event for {service['outbox_oldest_seconds']:.0f} s")
    return problems + (schedule_problems(report["schedules"]) if report.get("schedules") else [])


def does_not_read(status: Mapping[str, Any]) -> bool:
    """It has no connection to the broker, or could not learn from it what is left to read."""
    return any(count < 0 for count in status.get("lag", {}).values())


def notes_of(report: Mapping[str, Any]) -> list[str]:
    """What was gone past for good: decided or found once, so it is told and needs nobody now."""
    notes = [
        f"{name} went past {service['holes']} events or beginnings of streams for good: {patron('verify')} names them"
        for name, service in report["services"].items()
        if service.get("holes")
    ]
    return notes + (schedule_notes(report["schedules"]) if report.get("schedules") else [])


def broker_metadata(state: State) -> Metadata | None:
    """What the broker says of itself and its topics; None when it does not answer."""
    host, _, port = state.kafka.rpartition(":")
    try:
        return ask_metadata(host, int(port))
    except (OSError, ValueError):
        return None
