"""What an export is to hold, and how a customer becomes a row of it."""

import csv
import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.imports.domain.columns import TARGETS, cell_of
from services.profile_svc.imports.domain.records import BOM, Encoding
from services.profile_svc.references.domain import Reference
from shared.errors import forbidden, invalid


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Which fields of which customers, in what form."""

    format: Literal["csv", "ndjson"]
    encoding: Encoding
    delimiter: str
    fields: Sequence[str]
    filters: Mapping[str, Any]  # kind, region, tier, updated_since, ids: those that are given hold

    def layout(self) -> dict[str, Any]:
        """As JSON, to be kept."""
        return asdict(self)


def fields_for(wanted: Sequence[str] | None, hidden: Collection[str]) -> list[str]:
    """The fields of the file, in order: those that are asked for, or all that may be seen.

    422 `unknown_field` for one that is none, 403 `field_not_visible` for one that who asks may not see.
    """
    if wanted is None:
        return [name for name in TARGETS if name not in hidden]
    for name in wanted:
        if name not in TARGETS:
            raise invalid("unknown_field", "There is no field of that name.", pointer="/fields")
        if name in hidden:
            raise forbidden("field_not_visible", "This field is not yours to see.", pointer="/fields", field=name)
    return list(dict.fromkeys(wanted))


def header(request: ExportRequest) -> bytes:
    """What the file begins with: the names of the fields, and a mark by which spreadsheet programs know UTF-8."""
    if request.format == "ndjson":
        return b""
    mark = BOM if request.encoding == "utf-8" else b""
    return mark + _written([list(request.fields)], request)


def page(files: Sequence[tuple[CustomerFile, Reference | None]], request: ExportRequest) -> bytes:
    """Customers as rows, each with the first of its references."""
    values = [_values(file, reference) for file, reference in files]
    if request.format == "csv":
        return _written([[cell_of(row.get(name)) for name in request.fields] for row in values], request)
    return b"".join(_line(row, request.fields) for row in values)


def _values(file: CustomerFile, reference: Reference | None) -> dict[str, Any]:
    own = {"id": str(file.id), "kind": None if file.kind == "unknown" else file.kind}
    named = {} if reference is None else {"source": reference.source, "ref": reference.ref}
    return {**file.facts, **own, **named}


def _line(row: Mapping[str, Any], fields: Sequence[str]) -> bytes:
    shown = {name: row[name] for name in fields if row.get(name) is not None}
    reference = {name: shown.pop(name) for name in ("source", "ref") if name in shown}
    if reference:
        shown["reference"] = reference
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _written(rows: Sequence[Sequence[str]], request: ExportRequest) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=request.delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(request.encoding)
