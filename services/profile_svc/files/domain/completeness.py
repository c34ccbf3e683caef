"""How complete a file is (P1): a percentage of weighted fields, and the list of what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """A fact of a file. A weight of 0 is welcome but not asked for."""

    weight: int
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete a file is, and the fields it lacks."""

    percent: int
    missing: tuple[str, ...]  # heaviest first


ANY_KIND = frozenset({"organisation", "person", "unknown"})
ORGANISATION = frozenset({"organisation"})
PERSON = frozenset({"person"})

FIELDS: Mapping[str, Field] = {
    "names": Field(3, ANY_KIND),
    "phones": Field(3, ANY_KIND),
    "emails": Field(1, ANY_KIND),
    "addresses": Field(1, ANY_KIND),
    "region": Field(2, ANY_KIND),
    "acquisition_source": Field(1, ANY_KIND),
    "web_site": Field(0, ANY_KIND),
    "intention": Field(0, ANY_KIND),
    # an organisation
    "legal_nature": Field(1, ORGANISATION),
    "founded_on": Field(1, ORGANISATION),
    "industry": Field(2, ORGANISATION),
    "employees": Field(1, ORGANISATION),
    "registered_capital": Field(1, ORGANISATION),
    "annual_sales": Field(1, ORGANISATION),
    "listed": Field(1, ORGANISATION),
    "tax_id": Field(1, ORGANISATION),
    # a person
    "birth_date": Field(2, PERSON),
    "sex": Field(1, PERSON),
    "education": Field(1, PERSON),
    "marital_status": Field(1, PERSON),
    "income_band": Field(1, PERSON),
    "occupation": Field(1, PERSON),
    "hobbies": Field(1, PERSON),
    "family": Field(1, PERSON),
    "age_band": Field(0, PERSON),
    "household_size": Field(0, PERSON),
    "children": Field(0, PERSON),
    "home": Field(0, PERSON),
    "car": Field(0, PERSON),
    "preferences": Field(0, PERSON),
}

CANNOT_BE_EMPTY = frozenset({"names", "phones", "emails", "addresses"})
"""An empty list of hobbies or family says "there are none"; an empty list of phones says that one is missing."""


def completeness(kind: str, facts: Mapping[str, Any]) -> Completeness:
    """A file of unknown kind is 0 %: until it is known what the customer is, nobody knows what is asked for."""
    weights = {name: field.weight for name, field in FIELDS.items() if field.weight and kind in field.kinds}
    missing = sorted((name for name in weights if not is_known(name, facts)), key=lambda name: -weights[name])
    if kind == "unknown":
        return Completeness(0, ("kind", *missing))
    total = sum(weights.values())
    return Completeness((total - sum(weights[name] for name in missing)) * 100 // total, tuple(missing))


def is_known(name: str, facts: Mapping[str, Any]) -> bool:
    """Whether a fact is there; an empty list of hobbies is one, an empty list of phones is not."""
    value = facts.get(name)
    return bool(value) if name in CANNOT_BE_EMPTY else value is not None
