"""Columns of a table and fields of a file: which column is which field, and how a cell is written and read.

A field of text, a number, a code stands in its cell as it is. A list stands there as JSON, as the interface has it; by
hand a single name, or telephone numbers and e-mail addresses parted by semicolons, will do.
"""

import json
import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from services.profile_svc.files.domain.completeness import FIELDS
from services.profile_svc.imports.domain.formula_cells import neutralised, restored
from shared.errors import DomainError, invalid

OWN_COLUMNS = ("id", "kind", "source", "ref")  # beside the facts
TARGETS = (*OWN_COLUMNS, *FIELDS)
ALIASES = {"name": "names", "phone": "phones", "email": "emails", "address": "addresses", "reference": "ref"}
ENTRY_KEY = {"names": "name", "phones": "number", "emails": "address", "addresses": "text"}  # of a list's entries
OWN_SOURCE = "patron"  # of a reference that names no source
PARTED = frozenset({"phones", "emails", "hobbies", "preferences"})  # several in a cell, by semicolons
TEXT_LISTS = frozenset({"hobbies", "preferences"})
# of the file of refused rows: left out when it comes back
REASON_COLUMNS = ("import_row", "import_field", "import_code", "import_reason")
LISTS = frozenset({*ENTRY_KEY, *TEXT_LISTS, "family"})
WHOLE_NUMBERS = frozenset({"employees"})
TRUTHS = frozenset({"listed"})
TRUTH = {"true": True, "false": False}
SOLAR_DAY = re.compile(r"(?:([0-9]{1,4})|-?)-([0-9]{1,2})-([0-9]{1,2})")  # ISO 8601; `--05-12` has no year


def targets_of(header: Sequence[str], mapping: Mapping[str, str | None] | None) -> list[str | None]:
    """The field of each column, None for a column that is left out.

    Without a mapping the header itself names the fields. 422 `unknown_column` for a column (or a field) that is not
    known, naming the nearest; 422 `column_given_twice`; 422 `no_name_column` where no column can find a customer.
    """
    if mapping is not None:
        for name in mapping:
            if name not in header:
                raise unknown_column(name, header, "/mapping", "The file has no column of that name.")
    targets: list[str | None] = []
    for name in header:
        named = name if mapping is None else mapping.get(name)
        if named is None or name in REASON_COLUMNS:
            targets.append(None)
            continue
        field = ALIASES.get(named.casefold(), named.casefold())
        if field not in TARGETS:
            pointer = "/upload_id" if mapping is None else f"/mapping/{name}"
            raise unknown_column(named, (*TARGETS, *ALIASES), pointer, "There is no field of that name.")
        if field in targets and field not in LISTS:
            raise invalid("column_given_twice", "Two columns are the same field.", pointer="/mapping", field=field)
        targets.append(field)
    if not {"names", "id", "ref"} & set(targets):
        raise invalid("no_name_column", "One column has to be a name, a reference or an id.", pointer="/mapping")
    return targets


def check_constants(constants: Mapping[str, str]) -> dict[str, str]:
    """Constants by field. 422 `unknown_column` naming the nearest field, `column_given_twice`, `malformed_json`: before
    any row is read, because every row would be refused for it."""
    by_field: dict[str, str] = {}
    for name, text in constants.items():
        pointer, field = f"/constants/{name}", ALIASES.get(name.casefold(), name.casefold())
        if field not in TARGETS:
            raise unknown_column(name, (*TARGETS, *ALIASES), pointer, "There is no field of that name.")
        if field in by_field:
            raise invalid("column_given_twice", "Two constants are the same field.", pointer=pointer, field=field)
        try:
            _value_of(field, text)
        except DomainError as refusal:
            refusal.pointer = pointer
            raise
        by_field[field] = text
    return by_field


def unknown_column(name: str, known: Sequence[str], pointer: str, detail: str) -> DomainError:
    """422 with the nearest known name. A header is the file's, not a person's, so the nearest of it may be named."""
    nearest = max(known, key=lambda other: SequenceMatcher(None, name.casefold(), other.casefold()).ratio())
    return invalid("unknown_column", f"{detail} The nearest one is {nearest}.", pointer=pointer, nearest=nearest)


def content_of(cells: Sequence[str], targets: Sequence[str | None], constants: Mapping[str, str]) -> dict[str, Any]:
    """A row as the interface's JSON. An empty cell says nothing: what a file has there stays. `constants`: by field.

    422 `too_many_cells`, 422 `malformed_json` for a list that is none.
    """
    if len(cells) > len(targets) and any(cells[len(targets) :]):
        raise invalid("too_many_cells", "The row has more cells than the header.")
    content: dict[str, Any] = {}
    given = [(target, restored(cell)) for target, cell in zip(targets, cells, strict=False) if target and cell]
    named_targets = {target for target, _ in given}
    given += [(target, text) for target, text in constants.items() if target not in named_targets]
    for target, cell in given:
        value = _value_of(target, cell)
        content[target] = content[target] + value if target in content else value
    source, ref = content.pop("source", None), content.pop("ref", None)
    if ref is not None:
        content["reference"] = {"source": source or OWN_SOURCE, "ref": ref}
    return content


def with_constants(content: Mapping[str, Any], constants: Mapping[str, str]) -> dict[str, Any]:
    """A row of JSON with what it does not say itself; null is something it says. 422 `malformed_json`."""
    values = {name: _value_of(name, text) for name, text in constants.items()}
    source, ref = values.pop("source", None), values.pop("ref", None)
    reference = content.get("reference", {} if ref is None else {"source": source or OWN_SOURCE, "ref": ref})
    if source is not None and isinstance(reference, dict) and reference:
        reference = {"source": source} | reference
    return {**values, **content, **({"reference": reference} if "reference" in content or reference else {})}


def _value_of(target: str, cell: str) -> Any:
    if target in LISTS or target == "birth_date":
        return _structure_of(target, cell)
    if target in WHOLE_NUMBERS:
        digits = cell.strip()
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else cell
    if target in TRUTHS:
        return TRUTH.get(cell.strip().casefold(), cell)
    return cell


def _structure_of(target: str, cell: str) -> Any:
    if cell.lstrip()[:1] in ("[", "{"):
        try:
            value = json.loads(cell, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            value = None
        if value is None or (target in LISTS and not isinstance(value, list)):
            raise invalid("malformed_json", "This cell is not JSON.", pointer=f"/{target}")
        return value
    if target == "birth_date":
        return _birth_date_of(cell)
    parts = [part.strip() for part in cell.split(";") if part.strip()] if target in PARTED else [cell]
    return parts if target not in ENTRY_KEY else [{ENTRY_KEY[target]: part} for part in parts]


def _no_constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


def _birth_date_of(cell: str) -> Any:
    """A day of the solar calendar, its year where it has one; anything else as it is, for the interface to refuse."""
    day = SOLAR_DAY.fullmatch(cell.strip())
    if day is None:
        return cell
    year = {} if day[1] is None else {"year": int(day[1])}
    return {"calendar": "solar", **year, "month": int(day[2]), "day": int(day[3])}


def cell_of(value: Any) -> str:
    """A field's value as a cell: what `content_of` reads back as the same value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return neutralised(str(value))
