"""No personal data in any event: neither a forbidden field, nor a character that no code has, nor a value of a file."""

import re

from deploy.verify.invariant import ALL, Scan
from deploy.verify.moments import Connection, Moments

# Names of fields that would hold personal data or free text, as whole words of a snake_case name.
FORBIDDEN = frozenset(
    "name names surname phone phones telephone mobile fax email emails address addresses street birthday birth born "
    "sex gender religion note notes text comment message body subject contact contacts".split()
)
HARMLESS = frozenset({"subject_id"})

# Ids, amounts, codes and instants are printable ASCII without spaces; sentences, Chinese names, e-mails are not.
FREE_TEXT = """
    select event_id, type from outbox where payload ~ '[^!-~]|@' order by position
"""
KEY = re.compile(r'"([^"\\]*)":')
VALUE = re.compile(r'[:,\[]"([^"\\]*)"(?!:)')


def forbidden_keys(keys: set[str]) -> set[str]:
    return {key for key in keys - HARMLESS if FORBIDDEN & set(re.split(r"[_.]", key.lower()))}


async def _no_personal_data(moments: Moments) -> tuple[int, list[str]]:
    personal = await personal_values(moments.now["profile"])
    checked = 0
    found = []
    for service in ALL:
        connection = moments.now[service]
        found += [f"{service}: {r['type']} {r['event_id']} holds free text" for r in await connection.fetch(FREE_TEXT)]
        async for record in connection.cursor("select event_id, type, payload from outbox", prefetch=2000):
            checked += 1
            payload = record["payload"]
            if bad := forbidden_keys(set(KEY.findall(payload))):
                found.append(f"{service}: {record['type']} {record['event_id']} has the field {', '.join(sorted(bad))}")
            if personal.intersection(VALUE.findall(payload)):
                # Which value is not printed: a report must not spread what it found.
                found.append(f"{service}: {record['type']} {record['event_id']} holds a value of a customer file")
    return checked, found


async def personal_values(profile: Connection) -> set[str]:
    """Names, phones and e-mails of all files, in the spellings an event could carry them."""
    values: set[str] = set()
    for table, column in await _personal_columns(profile):
        rows = await profile.fetch(f'select distinct "{column}" as value from "{table}" where "{column}" is not null')
        for row in rows:
            values |= spellings(row["value"])
    return values


async def _personal_columns(profile: Connection) -> list[tuple[str, str]]:
    """Every text column of profile's own tables whose name says that it holds a name, a number or an address."""
    rows = await profile.fetch(
        """select table_name, column_name from information_schema.columns
           where table_schema = 'public' and data_type in ('text', 'character varying')
             and column_name ~ '(^|_)(name|phone|phones|e164|number|email|emails|fax)(_|$)'"""
    )
    return [(row["table_name"], row["column_name"]) for row in rows]


def spellings(value: str) -> set[str]:
    """A value as it stands, and a phone number without its plus. Short codes are no evidence and are left out."""
    value = value.strip()
    return {spelling for spelling in (value, value.removeprefix("+")) if len(spelling) >= 6}


INVARIANTS = (Scan("personal_data", "no event holds personal data", _no_personal_data),)
