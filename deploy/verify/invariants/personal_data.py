"""No personal data in any event: neither a forbidden field, nor a character that no code has, nor a value of a file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from deploy.verify.invariant import ALL_SERVICES, Scan
from deploy.verify.snapshots import Connection, Snapshots
from services.gateway.references.domain import OWN_SOURCE
from services.profile_svc.files.schemas import AcquisitionSource
from shared.chassis.http.shapes import DAY_FORM, INSTANT_FORM, UUID_FORM
from shared.events import CATALOGUE

# Where names, numbers and addresses of people are kept.
PERSONAL = {
    "profile": """
        select fact ->> member as value
        from customer, (values ('names', 'name'), ('phones', 'number'), ('emails', 'address')) as kept(field, member),
             jsonb_array_elements(facts -> field) as fact
        union select e164 from customer_phone union select name from employee
    """,
    "complaint": """
        select value from case_story, lateral (values (contact_name), (contact_phone), (contact_email)) as kept(value)
        where value is not null
    """,
}

# Codes that tiering's operators made up, and that its events carry for everybody.
CODES_OF_TIERING = """
    select jsonb_path_query(document, '$.levels[*].code') #>> '{}' as word from rule_set_version
    where kind = 'tier-policies'
    union select slot from rule_set_version where kind = 'warning-rules'
"""

# Names of fields that would hold personal data or free text, as whole words of a snake_case name.
FORBIDDEN = frozenset(
    "name names surname phone phones telephone mobile fax email emails address addresses street birthday birth born "
    "sex gender religion note notes text comment message body subject contact contacts".split()
)
HARMLESS = frozenset(
    {"subject_id", "subject_kind", "subject_code"}
)  # a customer's id; a class or product line by its code
PAGE = 2000

# Ids, amounts, codes and instants are printable ASCII without spaces; sentences, Chinese names, e-mails are not.
FREE_TEXT = re.compile("[^!-~]|@")
CODES = bytes(byte for byte in range(ord("!"), ord("~") + 1) if byte != ord("@"))
KEY = re.compile(r'"([^"\\]*)":')
VALUE = re.compile(r'[:,\[]"([^"\\]*)"(?!:)')


def parts_of(schema: Any) -> Iterator[dict[str, Any]]:
    """A JSON schema and every schema inside it."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts_of(part)


PARTS = [part for event in CATALOGUE.values() for part in parts_of(event.model_json_schema())]

# Customers may be called like them: none of these words tells who anybody is.
OWN_WORDS = {str(word) for part in PARTS for word in [*part.get("enum", ()), part.get("const")]}
OWN_WORDS |= {OWN_SOURCE, *get_args(AcquisitionSource)}

# Digits are no phone number where the catalogue has an amount, and only there.
AMOUNTS = {
    name
    for part in PARTS
    for name, field in part.get("properties", {}).items()
    if {"number", "string"} <= {choice.get("type") for choice in field.get("anyOf", ())}
}
AMOUNT = re.compile(rf'"(?:{"|".join(sorted(AMOUNTS))})":"-?[0-9]+(?:\.[0-9]+)?"')


def forbidden_keys(keys: set[str]) -> set[str]:
    return {key for key in keys - HARMLESS if FORBIDDEN & set(re.split(r"[_.]", key.lower()))}


async def _no_personal_data(snapshots: Snapshots) -> tuple[int, list[str]]:
    personal = await personal_values(snapshots.now)
    checked = 0
    offending = []
    for service in ALL_SERVICES:
        async for rows in snapshots.now[service].pages("select event_id, type, payload from outbox", PAGE):
            checked += len(rows)
            if suspicious([row["payload"] for row in rows], personal):
                offending += [
                    f"{service}: {row['type']} {row['event_id']} {fault}"
                    for row in rows
                    for fault in faults(row, personal)
                ]
    return checked, offending


def suspicious(payloads: Sequence[str], personal: set[str]) -> bool:
    """Whether a page of payloads is worth a closer look: all that stands between quotes, keys and values, at once."""
    page = '"'.join(payloads)
    if page.encode().translate(None, CODES):
        return True
    tokens = set(page.split('"'))
    return not personal.isdisjoint(tokens) or bool(forbidden_keys({token for token in tokens if token.isidentifier()}))


def faults(row: Any, personal: set[str]) -> Iterator[str]:
    payload = row["payload"]
    if FREE_TEXT.search(payload):
        yield "holds free text"
    if bad := forbidden_keys(set(KEY.findall(payload))):
        yield f"has the field {', '.join(sorted(bad))}"
    if not personal.isdisjoint(VALUE.findall(AMOUNT.sub("", payload))):
        yield "holds a value of a customer file"  # which one is not printed: a report must not spread what it found


async def personal_values(connections: Mapping[str, Connection]) -> set[str]:
    """What people are called and how they are reached, in the spellings an event could carry it, and nothing else."""
    values: set[str] = set()
    for service, sql in PERSONAL.items():
        for row in await connections[service].fetch(sql):
            values |= spellings(row["value"])
    words = {row["word"] for row in await connections["tiering"].fetch(CODES_OF_TIERING)}
    return {value for value in values - OWN_WORDS - words if not is_id_or_time(value)}


def is_id_or_time(value: str) -> bool:
    return any(form.fullmatch(value) for form in (UUID_FORM, INSTANT_FORM, DAY_FORM))


def spellings(value: str) -> set[str]:
    """A value as it stands, and a phone number without its plus. Short codes are no evidence and are left out."""
    value = value.strip()
    return {spelling for spelling in (value, value.removeprefix("+")) if len(spelling) >= 6}


INVARIANTS = (Scan("personal_data", "no event holds personal data", _no_personal_data),)
