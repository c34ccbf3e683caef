"""The table of all events in docs/events.md, made from the catalogue: owners, keys, fields and subscribers."""

from collections.abc import Collection, Mapping

from pydantic.fields import FieldInfo

from shared.events import OWNERS, Event

BEGIN = "<!-- events: made by `python -m tools.contracts` -->"
END = "<!-- end of events -->"
HEADER = (
    "| event | owner | what happened | key | when | further fields | who listens |",
    "|---|---|---|---|---|---|---|",
)


def event_table(catalogue: Mapping[str, type[Event]], subscribers: Mapping[str, Collection[str]]) -> str:
    """A markdown table with a row for each event, owner by owner, else in order; no line break at the end.

    `catalogue` has the events by type, `subscribers` the types that each service listens to. Events and fields are
    described by their docstrings, an event by the first paragraph. Where nobody listens, there is a dash.
    """
    owners = list(OWNERS)
    events = sorted(catalogue.values(), key=lambda event: owners.index(event.topic))
    return "\n".join([*HEADER, *(_row(event, subscribers) for event in events)])


def with_event_table(page: str, table: str) -> str:
    """A markdown page with the table between its two marker comments. Raises ValueError when it has no such markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def _row(event: type[Event], subscribers: Mapping[str, Collection[str]]) -> str:
    apart = {event.key_field, event.time_field}
    fields = "<br>".join(_field(name, event.model_fields[name]) for name in event.model_fields if name not in apart)
    listening = ", ".join(service for service, types in subscribers.items() if event.type in types)
    cells = [
        f"[`{event.__name__}`](events/{event.type}.json)",
        OWNERS[event.topic],
        _one_line(event.__doc__.partition("\n\n")[0] if event.__doc__ else None),
        _field(event.key_field, event.model_fields[event.key_field]),
        _field(event.time_field, event.model_fields[event.time_field]),
        fields or "–",
        listening or "–",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _field(name: str, field: FieldInfo) -> str:
    optional = "" if field.is_required() else " (optional)"
    return f"`{name}`{optional}: {_one_line(field.description)}"


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
