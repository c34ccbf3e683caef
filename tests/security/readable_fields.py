"""What an answer shows to a role that it may not read: by the one table of fields, and by planted figures whatever
they are called."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from shared.chassis.audience import FIELDS, MAY_READ, ContentKind

# An order of known cost, so that what it cost and brought can be looked for in numbers.
AMOUNT, UNIT_COST, QUANTITY = "8765.43", "1234.56", 3
COST = Decimal(UNIT_COST) * QUANTITY
PLANTED: dict[ContentKind, tuple[str, ...]] = {
    "cost": (UNIT_COST, str(COST)),
    "margin": (str(Decimal(AMOUNT) - COST),),
    "arrears": ("77.13",),
}
EMPTY: tuple[Any, ...] = (None, [], {})


def hidden_from(role: str) -> frozenset[str]:
    """Names of the fields that the table hides from a role."""
    return frozenset[str]().union(*(names for kind, names in FIELDS.items() if role not in MAY_READ[kind]))


def documents_in(media_type: str, body: bytes) -> Iterator[Any]:
    """The documents of an answer: the one of JSON, the lines of NDJSON, the rows of CSV as objects."""
    if media_type in ("application/json", "application/problem+json") and body:
        yield json.loads(body)
    elif media_type == "application/x-ndjson":
        yield from (json.loads(line) for line in body.splitlines() if line.strip())
    elif media_type == "text/csv":
        yield from csv.DictReader(io.StringIO(body.decode("utf-8-sig")))


def members_shown(document: Any, names: frozenset[str], place: str = "") -> Iterator[str]:
    """Where a document says something under one of these names, or about an indicator of such a name."""
    if isinstance(document, dict):
        for name, member in document.items():
            if name == "document":
                continue  # a rule set's: words of rules, nobody's figures
            if name in names and member not in EMPTY:
                yield f"{place}/{name}"
            yield from members_shown(member, names, f"{place}/{name}")
        if document.get("indicator") in names:
            yield f"{place} is about {document['indicator']}"
    elif isinstance(document, list):
        for item in document:
            yield from members_shown(item, names, f"{place}/*")


def forbidden_in(role: str, media_type: str, body: bytes, tells: Iterable[str] = ()) -> list[str]:
    """What an answer tells a role against the table; `tells` are names that are the role's own report here."""
    if role in ("service", "operator"):
        return []  # services filter for whoever asks them
    names = hidden_from(role) - frozenset(tells)
    shown = [member for document in documents_in(media_type, body) for member in members_shown(document, names)]
    text = body.decode("utf-8", "replace")
    for kind, figures in PLANTED.items():
        if role not in MAY_READ[kind]:
            shown += [f"the {kind} {figure}" for figure in figures if figure in text]
    return shown
