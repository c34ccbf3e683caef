"""Telephone numbers: E.164 for an exact match, and the last eight digits for what an exchange leaves of a number."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import phonenumbers

from shared.errors import invalid

LAST_DIGITS = 8


def to_e164(number: str, regions: Sequence[str]) -> str | None:
    """The number in E.164, read as dialled in the first region where it is valid, else where it is possible."""
    possible = None
    for region in regions:
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        if possible is None and phonenumbers.is_possible_number(parsed):
            possible = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return possible


def every_e164(number: str, regions: Sequence[str]) -> list[str]:
    """Each E.164 number a caller's number could mean, the likeliest first.

    A `+` that a query string turned into a space is put back.
    """
    spellings = [number.strip()]
    if re.match(r"\s+\d", number):
        spellings.insert(0, "+" + number.strip())
    likeliest = (to_e164(spelling, regions) for spelling in spellings)
    others = (to_e164(spelling, [region]) for spelling in spellings for region in regions)
    return list(dict.fromkeys(e164 for e164 in (*likeliest, *others) if e164 is not None))


def last_digits(number: str) -> str | None:
    """The last eight digits, or None where there are fewer: less would match strangers."""
    digits = "".join(character for character in number if character in "0123456789")
    return digits[-LAST_DIGITS:] if len(digits) >= LAST_DIGITS else None


def normalise_phones(phones: Sequence[Mapping[str, Any]], regions: Sequence[str]) -> list[dict[str, Any]]:
    """Each entry with its `e164` beside the number as it was given, or a refusal that points at it."""
    normalised: dict[str, dict[str, Any]] = {}
    for index, phone in enumerate(phones):
        e164 = to_e164(phone["number"], regions)
        if e164 is None:
            raise invalid(
                "phone_not_possible", "This is not a possible telephone number.", pointer=f"/phones/{index}/number"
            )
        if e164 in normalised:
            raise invalid("given_twice", "The same number is in the list twice.", pointer=f"/phones/{index}/number")
        normalised[e164] = {**phone, "e164": e164}
    return list(normalised.values())
