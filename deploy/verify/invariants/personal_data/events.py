"""No personal data in any event: each field holds what its schema says, and no code has the form of a telephone number.

Values are not compared with files. A customer may be called like a code ("GOLD", "GROCERY"), and a field of a closed
set, an id, an instant or an amount holds nothing else; what identifies a person is recognised by its form (free text,
"@", ten digits and more), whether there is a file of that person or not.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from deploy.verify.invariant import ALL_SERVICES, Scan
from deploy.verify.snapshots import Snapshots
from shared.chassis.http.shapes import AMOUNT_FORM, DAY_FORM, INSTANT_FORM, UUID_FORM
from shared.events import CATALOGUE
from shared.personal_data import LEAST_DIGITS, looks_personal

# Names of fields that would hold personal data or free text, as whole words of a snake_case name.
FORBIDDEN = frozenset(
    "name names surname phone phones telephone mobile fax email emails address addresses street birthday birth born "
    "sex gender religion note notes text comment message body subject contact contacts".split()
)
# a customer's id, a contact's, a digest; a class or product line by its code
HARMLESS = frozenset({"subject_id", "contact_id", "message_id", "subject_digest", "subject_kind", "subject_code"})
PAGE = 2000

# Ids, amounts, codes and instants are printable ASCII without spaces; sentences, Chinese names, e-mails are not.
FREE_TEXT = re.compile("[^!-~]|@")
CODES = bytes(byte for byte in range(ord("!"), ord("~") + 1) if byte != ord("@"))
# How everything begins that looks personal; ids have a letter earlier, instants a T after ten characters.
begins_personal = re.compile(rf"[A-Za-z+]{{0,7}}[0-9._:/+-]{{{LEAST_DIGITS}}}(?!T)").match

FORMS = {"uuid": UUID_FORM, "date-time": INSTANT_FORM, "date": DAY_FORM}
Schema = Mapping[str, Any]


def parts_of(schema: Any) -> Iterator[dict[str, Any]]:
    """A JSON schema and every schema inside it."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts_of(part)


FIELDS = {
    name
    for event in CATALOGUE.values()
    for part in parts_of(event.model_json_schema())
    for name in part.get("properties", ())
}
"""The names of all fields of the catalogue."""


@cache
def schema_of(type_: str) -> Schema:
    """The JSON schema of a type of event; of one that the catalogue does not have an empty one."""
    return CATALOGUE[type_].model_json_schema() if type_ in CATALOGUE else {}


def forbidden_keys(keys: set[str]) -> set[str]:
    return {key for key in keys - HARMLESS if FORBIDDEN & set(re.split(r"[_.]", key.lower()))}


async def _no_personal_data(snapshots: Snapshots) -> tuple[int, list[str]]:
    checked = 0
    offending = []
    for service in ALL_SERVICES:
        async for rows in snapshots.now[service].pages("select event_id, type, payload from outbox", PAGE):
            checked += len(rows)
            if suspicious([row["payload"] for row in rows]):
                offending += [
                    f"{service}: {row['type']} {row['event_id']} {fault}"
                    for row in rows
                    for fault in faults(row["type"], row["payload"])
                ]
    return checked, offending


def suspicious(payloads: Sequence[str]) -> bool:
    """Whether a page of payloads is worth a closer look, event by event: an order of magnitude quicker than that is."""
    page = '"'.join(payloads)
    if page.encode().translate(None, CODES):
        return True
    tokens = set(page.split('"'))
    if any(map(looks_personal, filter(begins_personal, tokens))):
        return True
    return any(f'"{word}":' in page for word in set(filter(str.isidentifier, tokens)) - FIELDS)


def faults(type_: str, payload: str) -> Iterator[str]:
    """What is wrong with an event, in words that do not repeat what it holds: a report must not spread it."""
    if FREE_TEXT.search(payload):
        yield "holds free text"
    schema = schema_of(type_)
    try:
        content = json.loads(payload)
    except ValueError:
        return
    yield from dict.fromkeys(_faults_in(content, schema, schema.get("$defs", {}), ""))


def _faults_in(content: Any, schema: Schema, parts: Schema, path: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = parts[schema["$ref"].rpartition("/")[2]]
    if isinstance(content, dict):
        fields = schema.get("properties", {})
        if forbidden := forbidden_keys(set(content)):
            yield f"has the field {', '.join(sorted(forbidden))}"
        if unknown := content.keys() - fields.keys() - forbidden:
            yield f"has the field {', '.join(sorted(unknown))}, which its type has not"
        for name, value in content.items():
            yield from _faults_in(value, fields.get(name, {}), parts, f"{path}.{name}")
    elif isinstance(content, list):
        for value in content:
            yield from _faults_in(value, schema.get("items", {}), parts, path)
    elif isinstance(content, str) and not _is_of(content, schema):
        yield f"holds in {path[1:]} what that field may not hold"


def _is_of(text: str, schema: Schema) -> bool:
    """Whether a text is what a field with this schema may hold."""
    choices = [choice for choice in schema.get("anyOf", [schema]) if choice.get("type") != "null"]
    for choice in choices:
        if form := FORMS.get(choice.get("format", "")):
            return form.fullmatch(text) is not None
        if "enum" in choice or "const" in choice:
            return text in (*choice.get("enum", ()), choice.get("const"))
        if choice.get("type") == "number":
            return AMOUNT_FORM.fullmatch(text) is not None
    return not looks_personal(text)


INVARIANTS = (
    Scan("personal_data", "no event holds personal data: every field what its schema says", _no_personal_data),
)
