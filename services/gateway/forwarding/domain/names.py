"""Names in answers of services that keep none: which are missing, and the answer with them.

A service that shows customers or employees leaves a place beside each id, `"customer_name": null`. Whoever hands the
answer on fills it in. Pure: documents are JSON values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

CUSTOMER_OF = {"customer_name": "customer_id"}
EMPLOYEE_OF = {"owner_name": "owner", "manager_name": "manager"}
"""The name's field -> the field beside it that says whose name it is."""
PLACE = b'_name":null'  # in every answer that has a place for a name


@dataclass(frozen=True, slots=True)
class Names:
    """Names by the ids of customers and of employees."""

    customers: Mapping[str, str | None] = field(default_factory=dict)
    employees: Mapping[str, str | None] = field(default_factory=dict)


def ids_without_names(document: Any) -> tuple[list[str], list[str]]:
    """The customers and the employees whose names are missing in a document, each once, in order."""
    customers: set[str] = set()
    employees: set[str] = set()
    for entry in _objects(document):
        customers |= _ids(entry, CUSTOMER_OF)
        employees |= _ids(entry, EMPLOYEE_OF)
    return sorted(customers), sorted(employees)


def fill_in_names(document: Any, names: Names) -> None:
    """Write the names into their places; a place whose name is not known stays null."""
    for entry in _objects(document):
        for known, places in ((names.customers, CUSTOMER_OF), (names.employees, EMPLOYEE_OF)):
            for place, id_field in places.items():
                if place in entry and entry[place] is None:
                    entry[place] = known.get(entry.get(id_field, ""))


def _ids(entry: Mapping[str, Any], places: Mapping[str, str]) -> set[str]:
    ids = (entry.get(id_field) for place, id_field in places.items() if place in entry and entry[place] is None)
    return {id for id in ids if isinstance(id, str)}


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """All objects of a JSON value, at any depth."""
    if isinstance(document, dict):
        yield document
        for value in document.values():
            yield from _objects(value)
    elif isinstance(document, list):
        for value in document:
            yield from _objects(value)
