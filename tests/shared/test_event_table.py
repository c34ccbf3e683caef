"""The page of events is made from the catalogue: complete, in words, with those who listen."""

import re
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest

from shared.chassis.contract.asyncapi import schema_of
from shared.events import CATALOGUE, Event
from shared.events.base import Instant
from tools.contracts import contracts
from tools.event_table import BEGIN, END, event_table, with_event_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "events.md"


class LampLit(Event):
    """A lamp was lit."""

    type: ClassVar[str] = "intake.lamp_lit.v1"
    topic: ClassVar[str] = "patron.intake"
    key_field: ClassVar[str] = "lamp_id"
    time_field: ClassVar[str] = "lit_at"

    lamp_id: UUID
    """Which lamp."""
    watts: int | None = None
    """How bright:
    12 | 60."""
    lit_at: Instant
    """When."""


def test_a_row_says_what_happened_to_whom_when_and_who_listens() -> None:
    table = event_table({LampLit.type: LampLit}, {"profile": [LampLit.type], "tiering": [], "loyalty": {LampLit.type}})
    assert table.splitlines()[2:] == [
        "| [`LampLit`](events/intake.lamp_lit.v1.json) | gateway | A lamp was lit. | `lamp_id`: Which lamp. "
        "| `lit_at`: When. | `watts` (optional): How bright: 12 \\| 60. | profile, loyalty |"
    ]


def test_an_event_nobody_listens_to_has_a_dash() -> None:
    assert event_table({LampLit.type: LampLit}, {"profile": []}).endswith("| – |")


def test_the_table_stands_between_the_markers_and_nothing_else_changes() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert with_event_table(page, "| new |") == f"before\n{BEGIN}\n\n| new |\n\n{END}\nafter\n"
    with pytest.raises(ValueError, match="the page has no"):
        with_event_table("no markers", "")


def test_the_page_of_events_is_what_the_catalogue_and_the_services_say() -> None:
    page = contracts()["events.md"]
    assert PAGE.read_text() == page, "python -m tools.contracts writes it"
    rows = page.partition(BEGIN)[2].partition(END)[0].strip().splitlines()[2:]
    assert sorted(re.findall(r"`(\w+)`", row)[0] for row in rows) == sorted(e.__name__ for e in CATALOGUE.values())


@pytest.mark.parametrize("event", CATALOGUE.values(), ids=lambda event: event.type)
def test_every_event_and_every_field_is_described(event: type[Event]) -> None:
    schema = schema_of(event)
    assert "__doc__" in vars(event)
    assert event.__doc__, "a docstring of its own says what happened"
    for part in (schema, *schema.get("$defs", {}).values()):
        assert part["description"].endswith("."), part["title"]
        for name, field in part["properties"].items():
            assert len(field.get("description", "")) > 4, f"{part['title']}.{name}"
