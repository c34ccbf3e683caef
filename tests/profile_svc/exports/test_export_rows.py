"""Customers as rows of an exported file (P12), without a database."""

import csv
import io
import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.exports.domain import ExportRequest, fields_for, header, page
from services.profile_svc.files.domain.customer_file import CustomerFile, CustomerKind
from services.profile_svc.references.domain import Reference
from shared.errors import DomainError, Kind

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ADA = UUID(int=1)
REFERENCE = Reference("erp", "C-1")


def file_of(kind: CustomerKind = "person", **facts: Any) -> CustomerFile:
    return CustomerFile(ADA, kind, facts, 1, NOON, NOON)


def request_of(
    *fields: str,
    format: Literal["csv", "ndjson"] = "csv",
    encoding: Literal["utf-8", "gb18030"] = "utf-8",
    delimiter: str = ",",
) -> ExportRequest:
    return ExportRequest(format, encoding, delimiter, fields, {})


def line_of(*fields: str, reference: Reference | None = REFERENCE, kind: CustomerKind = "person", **facts: Any) -> Any:
    """The one line of JSON of a customer."""
    content = page([(file_of(kind, **facts), reference)], request_of(*fields, format="ndjson"))
    assert content.endswith(b"\n")
    assert content.count(b"\n") == 1
    return json.loads(content)


# --- which fields ----------------------------------------------------------------------------------------------


def test_P12_all_that_may_be_seen_is_exported_where_nothing_is_asked_for() -> None:
    everything = fields_for(None, ())
    assert everything[:5] == ["id", "kind", "source", "ref", "names"]
    assert len(everything) == len(set(everything)) == 34
    assert fields_for(None, {"annual_sales", "ref"}) == [
        name for name in everything if name not in ("annual_sales", "ref")
    ]


def test_P12_fields_come_in_the_order_in_which_they_are_asked_for_and_once() -> None:
    assert fields_for(["region", "id", "region", "names"], {"annual_sales"}) == ["region", "id", "names"]


@pytest.mark.parametrize(
    ("wanted", "hidden", "kind", "code"),
    [
        (["names", "shoe"], (), Kind.INVALID, "unknown_field"),
        (["phone"], (), Kind.INVALID, "unknown_field"),  # a word of imports alone
        (["names", "annual_sales"], {"annual_sales"}, Kind.FORBIDDEN, "field_not_visible"),
        (["shoe", "annual_sales"], {"annual_sales"}, Kind.INVALID, "unknown_field"),
    ],
)
def test_P12_a_field_that_is_none_or_hidden_is_refused(
    wanted: Sequence[str], hidden: Collection[str], kind: Kind, code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        fields_for(wanted, hidden)
    assert (refused.value.kind, refused.value.code, refused.value.pointer) == (kind, code, "/fields")


# --- a table ---------------------------------------------------------------------------------------------------


def test_P12_a_table_begins_with_the_names_of_its_fields() -> None:
    """Three bytes say UTF-8 to a spreadsheet program; GB18030 has no such mark."""
    assert header(request_of("id", "names")) == b"\xef\xbb\xbfid,names\r\n"
    assert header(request_of("id", "names", encoding="gb18030", delimiter=";")) == b"id;names\r\n"
    assert header(request_of("id", "names", format="ndjson")) == b""


def test_P12_a_customer_is_a_row() -> None:
    fields = ("id", "kind", "source", "ref", "names", "employees", "listed", "region", "hobbies", "car")
    file = file_of(
        "organisation", names=[{"name": "单雄信"}], employees=0, listed=False, region='a"b', hobbies=[], car="=1+1"
    )
    assert page([(file, REFERENCE)], request_of(*fields)).decode() == (
        '00000000-0000-0000-0000-000000000001,organisation,erp,C-1,"[{""name"":""单雄信""}]",0,false,"a""b",[],'
        "'=1+1\r\n"
    )


def test_P12_what_a_file_does_not_say_is_an_empty_cell() -> None:
    """A stub has no kind that could be imported again, and who has no reference no source."""
    assert page([(file_of("unknown"), None)], request_of("kind", "source", "ref", "region")) == b",,,\r\n"


def test_P12_a_page_without_customers_is_nothing() -> None:
    assert page([], request_of("id")) == page([], request_of("id", format="ndjson")) == b""


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)


@given(
    st.lists(st.dictionaries(st.sampled_from(["region", "car", "intention"]), TEXT), min_size=1, max_size=4),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_P12_a_spreadsheet_program_reads_every_row_and_runs_none(
    files: list[dict[str, str]], delimiter: str, encoding: Literal["utf-8", "gb18030"]
) -> None:
    fields = ("region", "car", "intention")
    request = request_of(*fields, delimiter=delimiter, encoding=encoding)
    customers = [(CustomerFile(ADA, "person", facts, 1, NOON, NOON), None) for facts in files]
    content = page(customers, request).decode(encoding)
    rows = list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter))
    assert len(rows) == len(files)
    for row, facts in zip(rows, files, strict=True):
        for cell, name in zip(row, fields, strict=True):
            text = facts.get(name, "")
            assert cell in (text, f"'{text}")
            assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n")


# --- lines of JSON ---------------------------------------------------------------------------------------------


def test_P12_a_customer_is_a_line_as_the_interface_takes_it() -> None:
    names = [{"name": "单雄信", "language": "zh"}]
    line = line_of("id", "kind", "source", "ref", "names", "region", "hobbies", names=names, hobbies=[], car="=1")
    assert line == {
        "id": str(ADA),
        "kind": "person",
        "names": names,
        "hobbies": [],
        "reference": {"source": "erp", "ref": "C-1"},
    }
    content = page([(file_of(names=names), None)], request_of("names", format="ndjson"))
    assert "单雄信".encode() in content  # readable by people
    assert line_of("car", car="=1") == {"car": "=1"}  # no spreadsheet program reads lines


@pytest.mark.parametrize(
    ("fields", "reference"),
    [
        (("source", "ref"), {"source": "erp", "ref": "C-1"}),
        (("ref",), {"ref": "C-1"}),
        (("source",), {"source": "erp"}),
    ],
)
def test_P12_of_a_reference_a_line_says_what_is_asked_for(fields: Sequence[str], reference: dict[str, str]) -> None:
    assert line_of(*fields) == {"reference": reference}
    assert line_of(*fields, reference=None) == {}


def test_P12_a_stub_has_no_kind_in_a_line_either() -> None:
    assert line_of("id", "kind", kind="unknown") == {"id": str(ADA)}


# --- the request -----------------------------------------------------------------------------------------------


def test_P12_a_request_is_kept_as_json() -> None:
    request = ExportRequest("csv", "utf-8", ";", ["id"], {"region": "east", "ids": [str(ADA)]})
    layout = request.layout()
    assert ExportRequest(**json.loads(json.dumps(layout))) == request
