"""Undoing an import: a file goes back to what it said before, unless something has happened to its customer since."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.profile_svc.files.domain.customer_file import CustomerFile, traits, traits_of
from shared.events import Event

CHANGED_SINCE, FACT_SINCE, GONE = "changed_since", "fact_since", "gone"


@dataclass(frozen=True, slots=True)
class ImportedCustomer:
    """What an import did to a customer, by however many rows: what the file said before the first of them (None: there
    was none), and its version after the last."""

    customer_id: UUID
    before: dict[str, Any] | None
    version: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """What becomes of one customer: its file as it goes back, or why it is kept."""

    customer_id: UUID
    file: CustomerFile | None
    kept_because: str | None
    events: tuple[Event, ...] = ()
    edited: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of its merges, as before the import


def reverse(
    imported: ImportedCustomer, file: CustomerFile | None, with_facts: Collection[UUID], at: datetime
) -> Reversal:
    """A file that the import opened becomes an empty stub again, one that it changed says what it said before.

    Kept are files that somebody changed since (`changed_since`), customers whom the import opened and who have facts
    of their own by now: orders, cases, conversations, a team (`fact_since`, by `with_facts`), and those who are gone.
    """
    if file is None:
        return Reversal(imported.customer_id, None, GONE)
    if file.version != imported.version:
        return Reversal(imported.customer_id, None, CHANGED_SINCE)
    if imported.before is None and file.id in with_facts:
        return Reversal(imported.customer_id, None, FACT_SINCE)
    content: dict[str, Any] = imported.before or {"kind": "unknown", "facts": {}}
    after = replace(file, kind=content["kind"], facts=content["facts"], version=file.version + 1, updated_at=at)
    events = (traits_of(after, at),) if traits(after, at) != traits(file, at) else ()
    return Reversal(file.id, after, None, events, content.get("edited", {}))
