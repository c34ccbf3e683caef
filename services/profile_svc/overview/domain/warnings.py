"""Open early warnings as the overview keeps them (T12): codes by warning, what people call them is said here."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from shared.events import WarningClosed, WarningEscalated, WarningRaised

OpenWarnings = dict[str, dict[str, str]]

CAUSES: Mapping[str, tuple[str, str]] = {
    "revenue_down": ("revenue is down", "收入下降"),
    "revenue_halved": ("revenue has more than halved", "收入降幅过半"),
    "falling": ("revenue has been falling for months", "收入连续下滑"),
    "silent": ("unusually silent", "异常沉默"),
    "complaints_up": ("more complaints than usual", "投诉增多"),
    "arrears": ("in arrears", "逾期欠款"),
    "satisfaction_down": ("less satisfied than before", "满意度下降"),
}
"""What the shipped rules warn of, in words; an operator's own causes are said by their codes."""


def fold_warned(events: Iterable[WarningRaised | WarningEscalated]) -> dict[UUID, OpenWarnings]:
    """Each warning as its last event tells it."""
    told: dict[UUID, OpenWarnings] = {}
    for event in events:
        since = event.as_of if isinstance(event, WarningRaised) else event.since
        told.setdefault(event.customer_id, {})[str(event.warning_id)] = {
            "cause": event.cause,
            "severity": event.severity,
            "since": since.isoformat(),
        }
    return told


def fold_closed(events: Iterable[WarningClosed]) -> dict[UUID, list[str]]:
    told: dict[UUID, list[str]] = {}
    for event in events:
        told.setdefault(event.customer_id, []).append(str(event.warning_id))
    return told


def worst_first(warnings: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Red before yellow, then the one that lasts longest."""
    return sorted(warnings.items(), key=lambda one: (one[1]["severity"] != "red", one[1]["since"], one[0]))


def said(cause: str) -> tuple[str, str]:
    return CAUSES.get(cause, (cause.replace("_", " "), cause))
