"""What tiering finds of a customer beside its tier, as the overview keeps it (T8, T11, T16): key account or excluded,
risks, stage, satisfaction; and a settlement taken back (L2). Pure folds of a batch, by customer."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from shared.events import (
    CustomerExcluded,
    CustomerExclusionEnded,
    CustomerStageChanged,
    KeyAccountApproved,
    KeyAccountEnded,
    RiskFlagCleared,
    RiskFlagRaised,
    SatisfactionMeasured,
    SettlementWithdrawn,
)

OpenFacts = dict[str, dict[str, Any]]
"""What lasts until it is ended, by its id."""

Found = TypeVar("Found", CustomerStageChanged, SatisfactionMeasured)


def fold_opened_classes(events: Iterable[KeyAccountApproved | CustomerExcluded]) -> dict[UUID, OpenFacts]:
    """By customer and nomination: `kinds` of the key account, none for an exclusion, and since when."""
    opened: dict[UUID, OpenFacts] = {}
    for event in events:
        kinds = list(event.kinds) if isinstance(event, KeyAccountApproved) else None
        opened.setdefault(event.customer_id, {})[str(event.class_id)] = {
            "kinds": kinds, "since": event.since.isoformat(),
        }  # fmt: skip
    return opened


def fold_ended_classes(events: Iterable[KeyAccountEnded | CustomerExclusionEnded]) -> dict[UUID, list[str]]:
    """By customer, the ids of the nominations that hold no longer."""
    ended: dict[UUID, list[str]] = {}
    for event in events:
        ended.setdefault(event.customer_id, []).append(str(event.class_id))
    return ended


def fold_raised_risks(events: Iterable[RiskFlagRaised]) -> dict[UUID, OpenFacts]:
    """By customer and flag, which risk it is, and since when."""
    raised: dict[UUID, OpenFacts] = {}
    for event in events:
        raised.setdefault(event.customer_id, {})[str(event.flag_id)] = {
            "risk": event.risk, "since": event.raised_at.isoformat(),
        }  # fmt: skip
    return raised


def fold_cleared_risks(events: Iterable[RiskFlagCleared]) -> dict[UUID, list[str]]:
    """By customer, the ids of the flags that came down."""
    cleared: dict[UUID, list[str]] = {}
    for event in events:
        cleared.setdefault(event.customer_id, []).append(str(event.flag_id))
    return cleared


def latest_of_each(events: Iterable[Found]) -> dict[UUID, Found]:
    """By customer, what was found last, by the time it was found and not by the time it was told."""
    latest: dict[UUID, Found] = {}
    for event in events:
        known = latest.get(event.customer_id)
        if known is None or event.occurred_at >= known.occurred_at:
            latest[event.customer_id] = event
    return latest


def latest_withdrawals(events: Iterable[SettlementWithdrawn]) -> dict[UUID, SettlementWithdrawn]:
    """By customer the settlement that was taken back last; of two at one instant the greater."""
    return {event.customer_id: event for event in sorted(events, key=lambda event: (event.withdrawn_at, event.points))}


def key_account_in(classes: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The key account among the classes that last, the newest where a renewal has not been told whole; or None."""
    return _newest(entry for entry in classes.values() if entry["kinds"] is not None)


def exclusion_in(classes: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The exclusion among the classes that last; or None."""
    return _newest(entry for entry in classes.values() if entry["kinds"] is None)


def longest_first(risks: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """The flags that are up, in the order in which they went up."""
    return sorted(risks.items(), key=lambda item: (item[1]["since"], item[0]))


def _newest(entries: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return max(entries, key=lambda entry: str(entry["since"]), default=None)
