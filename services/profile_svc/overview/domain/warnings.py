"""Open early warnings as the overview keeps them (T12): by warning, the code of its cause, severity, and since when."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from services.profile_svc.overview.domain.standing import OpenFacts
from shared.events import WarningClosed, WarningEased, WarningEscalated, WarningRaised


def fold_open_warnings(events: Iterable[WarningRaised | WarningEscalated | WarningEased]) -> dict[UUID, OpenFacts]:
    """By customer and warning, what its last event says: cause, severity, and since when."""
    by_customer: dict[UUID, OpenFacts] = {}
    for event in events:
        since = event.as_of if isinstance(event, WarningRaised) else event.since
        by_customer.setdefault(event.customer_id, {})[str(event.warning_id)] = {
            "cause": event.cause,
            "severity": event.severity,
            "since": since.isoformat(),
        }
    return by_customer


def fold_closed_warnings(events: Iterable[WarningClosed]) -> dict[UUID, list[str]]:
    """By customer, the ids of the warnings that were closed."""
    by_customer: dict[UUID, list[str]] = {}
    for event in events:
        by_customer.setdefault(event.customer_id, []).append(str(event.warning_id))
    return by_customer


def worst_first(warnings: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Red before yellow, then the one that lasts longest."""
    return sorted(warnings.items(), key=lambda item: (item[1]["severity"] != "red", item[1]["since"], item[0]))
