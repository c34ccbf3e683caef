"""Which column is which field, and what a cell says (P12), without a file or a database."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.imports.domain.columns import (
    TARGETS,
    cell_of,
    check_constants,
    content_of,
    targets_of,
    with_constants,
)
from shared.errors import DomainError, Kind


def refusal_of(call: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as refused:
        call()
    return refused.value


def value_of(cell: str, target: str) -> Any:
    """What one cell says of a field; None: nothing."""
    return content_of([cell], [target], {}).get(target)


@pytest.mark.parametrize(
    ("header", "mapping", "targets"),
    [
        (["names", "region"], None, ["names", "region"]),
        (["Name", "PHONE", "Email", "address"], None, ["names", "phones", "emails", "addresses"]),
        (["reference", "source"], None, ["ref", "source"]),
        (["id", "tax_id"], None, ["id", "tax_id"]),
        (["phone", "name", "phone"], None, ["phones", "names", "phones"]),  # a list may have many columns
        (["客户名称", "备注", "电话"], {"客户名称": "name", "备注": None, "电话": "phone"}, ["names", None, "phones"]),
        (["name", "region"], {"name": "Names"}, ["names", None]),  # what a mapping does not name is left out
        # the file of refused rows comes back with its reasons
        (["name", "import_row", "import_field", "import_code", "import_reason"], None, ["names"] + [None] * 4),
    ],
)
def test_P12_the_header_or_a_mapping_names_the_fields(
    header: list[str], mapping: dict[str, str | None] | None, targets: list[str | None]
) -> None:
    assert targets_of(header, mapping) == targets


@pytest.mark.parametrize(
    ("header", "mapping", "code", "pointer", "fact"),
    [
        (["names", "regoin"], None, "unknown_column", "/upload_id", {"nearest": "region"}),
        (["emial", "names"], None, "unknown_column", "/upload_id", {"nearest": "email"}),
        (["N", "P"], {"N": "name", "P": "fone"}, "unknown_column", "/mapping/P", {"nearest": "phone"}),
        (["name", "city"], {"nmae": "names"}, "unknown_column", "/mapping", {"nearest": "name"}),
        (["name", "region", "Region"], None, "column_given_twice", "/mapping", {"field": "region"}),
        (["A", "B"], {"A": "ref", "B": "reference"}, "column_given_twice", "/mapping", {"field": "ref"}),
        (["phone", "region"], None, "no_name_column", "/mapping", {}),
        (["name"], {"name": None}, "no_name_column", "/mapping", {}),
    ],
)
def test_P12_a_header_that_cannot_be_is_refused_with_the_nearest_name(
    header: list[str], mapping: dict[str, str | None] | None, code: str, pointer: str, fact: dict[str, str]
) -> None:
    refusal = refusal_of(lambda: targets_of(header, mapping))
    assert (refusal.kind, refusal.code, refusal.pointer) == (Kind.INVALID, code, pointer)
    assert refusal.facts == fact


@pytest.mark.parametrize(
    ("target", "cell", "value"),
    [
        ("region", "east", "east"),
        ("names", "Ada", [{"name": "Ada"}]),
        ("names", "Smith; Sons", [{"name": "Smith; Sons"}]),  # a semicolon may be part of a name
        ("names", '[{"name": "Ada", "language": "en"}]', [{"name": "Ada", "language": "en"}]),
        ("phones", "+1 202 555 0100; 021-5555 ;", [{"number": "+1 202 555 0100"}, {"number": "021-5555"}]),
        ("emails", "a@example.com;b@example.com", [{"address": "a@example.com"}, {"address": "b@example.com"}]),
        ("addresses", "1 High St; Leeds", [{"text": "1 High St; Leeds"}]),
        ("hobbies", "chess; go", ["chess", "go"]),
        ("hobbies", "[]", []),  # says that there are none
        ("preferences", '["tea"]', ["tea"]),
        ("employees", " 250 ", 250),
        ("employees", "about 250", "about 250"),  # as it is: the interface says what is wrong with it
        ("employees", "٢٥٠", "٢٥٠"),
        ("employees", "-3", "-3"),
        ("employees", "9" * 19, "9" * 19),
        ("listed", "TRUE", True),
        ("listed", "false", False),
        ("listed", "yes", "yes"),
        ("annual_sales", "1200.50", "1200.50"),
        ("tax_id", "007", "007"),
        ("intention", "'=2+2", "=2+2"),  # a formula that an export marked
        ("birth_date", "1980-05-12", {"calendar": "solar", "year": 1980, "month": 5, "day": 12}),
        ("birth_date", " 1980-5-2 ", {"calendar": "solar", "year": 1980, "month": 5, "day": 2}),
        ("birth_date", "--05-12", {"calendar": "solar", "month": 5, "day": 12}),  # ISO 8601: nobody knows the year
        ("birth_date", "-05-12", {"calendar": "solar", "month": 5, "day": 12}),
        (
            "birth_date",
            '{"calendar": "lunar", "month": 8, "day": 15}',
            {"calendar": "lunar", "month": 8, "day": 15},
        ),
        ("birth_date", "12 May", "12 May"),
        ("birth_date", "1980", "1980"),
        ("birth_date", "198²-01-01", "198²-01-01"),  # digits that are no number
        ("birth_date", "9" * 5000, "9" * 5000),
    ],
)
def test_P12_a_cell_says_what_a_person_means_by_it(target: str, cell: str, value: Any) -> None:
    assert value_of(cell, target) == value


@pytest.mark.parametrize("target", ["names", "phones", "hobbies", "family", "birth_date"])
@pytest.mark.parametrize("cell", ["[", "{", "[1,]", "[NaN]", "[" * 100_000, '{"a": -Infinity}'])
def test_P12_a_cell_that_is_no_json_is_a_reason_and_ends_no_import(target: str, cell: str) -> None:
    refusal = refusal_of(lambda: value_of(cell, target))
    assert (refusal.kind, refusal.code, refusal.pointer) == (Kind.INVALID, "malformed_json", f"/{target}")


@pytest.mark.parametrize("cells", [['{"name": "Ada"}'], ["Ada", '{"name": "Bob"}'], ['{"name": "Bob"}', "Ada"]])
def test_P12_an_object_is_no_list_however_many_columns_the_list_has(cells: list[str]) -> None:
    refusal = refusal_of(lambda: content_of(cells, ["names"] * len(cells), {}))
    assert (refusal.code, refusal.pointer) == ("malformed_json", "/names")


def test_P12_columns_of_one_list_are_added_up_in_their_order() -> None:
    targets = ["phones", "names", "phones", "names"]
    cells = ["1;2", "Ada", '[{"number": "3", "kind": "fax"}]', "艾达"]
    assert content_of(cells, targets, {}) == {
        "phones": [{"number": "1"}, {"number": "2"}, {"number": "3", "kind": "fax"}],
        "names": [{"name": "Ada"}, {"name": "艾达"}],
    }


def test_P12_an_empty_cell_says_nothing_and_a_short_row_is_a_row() -> None:
    targets = ["names", "region", "car"]
    assert content_of(["Ada", "", "red"], targets, {}) == {"names": [{"name": "Ada"}], "car": "red"}
    assert content_of(["Ada"], targets, {}) == {"names": [{"name": "Ada"}]}
    assert content_of([], targets, {}) == {}


def test_P12_more_cells_than_columns_are_refused_unless_they_are_empty() -> None:
    assert content_of(["Ada", "", ""], ["names"], {}) == {"names": [{"name": "Ada"}]}
    assert refusal_of(lambda: content_of(["Ada", "", "x"], ["names"], {})).code == "too_many_cells"


def test_P12_a_column_that_is_left_out_says_nothing() -> None:
    assert content_of(["Ada", "secret"], ["names", None], {}) == {"names": [{"name": "Ada"}]}


def test_P12_constants_hold_where_a_row_says_nothing_itself() -> None:
    constants = {"kind": "person", "region": "east", "employees": "5", "phones": "1;2"}
    assert content_of(["Ada", "west"], ["names", "region"], constants) == {
        "names": [{"name": "Ada"}],
        "region": "west",
        "kind": "person",
        "employees": 5,
        "phones": [{"number": "1"}, {"number": "2"}],
    }
    assert content_of(["", "3"], ["region", "phones"], constants)["region"] == "east"
    assert content_of(["", "3"], ["region", "phones"], constants)["phones"] == [{"number": "3"}]


@pytest.mark.parametrize(
    ("cells", "constants", "reference"),
    [
        (["C-1", "erp"], {}, {"source": "erp", "ref": "C-1"}),
        (["C-1", ""], {}, {"source": "patron", "ref": "C-1"}),
        (["C-1", ""], {"source": "crm"}, {"source": "crm", "ref": "C-1"}),
        (["C-1", "erp"], {"source": "crm"}, {"source": "erp", "ref": "C-1"}),
        (["", "erp"], {}, None),  # a source alone names nobody
    ],
)
def test_P12_a_reference_is_of_the_source_that_the_row_or_a_constant_names(
    cells: list[str], constants: dict[str, str], reference: dict[str, str] | None
) -> None:
    content = content_of(cells, ["ref", "source"], constants)
    assert content == ({} if reference is None else {"reference": reference})


def test_P12_constants_are_named_as_columns_are() -> None:
    assert check_constants({"Kind": "person", "phone": "1", "source": "erp"}) == {
        "kind": "person",
        "phones": "1",
        "source": "erp",
    }
    assert check_constants({}) == {}


@pytest.mark.parametrize(
    ("constants", "code", "pointer"),
    [
        ({"knid": "person"}, "unknown_column", "/constants/knid"),
        ({"region": "east", "Region": "west"}, "column_given_twice", "/constants/Region"),
        ({"phone": "1", "phones": "2"}, "column_given_twice", "/constants/phones"),
        ({"hobbies": "[chess"}, "malformed_json", "/constants/hobbies"),
    ],
)
def test_P12_a_constant_that_no_row_could_have_is_refused_at_once(
    constants: dict[str, str], code: str, pointer: str
) -> None:
    refusal = refusal_of(lambda: check_constants(constants))
    assert (refusal.kind, refusal.code, refusal.pointer) == (Kind.INVALID, code, pointer)


def test_P12_constants_hold_for_lines_of_json_as_for_rows() -> None:
    constants = {"kind": "organisation", "source": "erp", "listed": "true", "employees": "7", "hobbies": "go;chess"}
    assert with_constants({"names": [{"name": "Ada"}], "employees": None, "kind": "person"}, constants) == {
        "names": [{"name": "Ada"}],
        "employees": None,  # said: taken away
        "kind": "person",
        "listed": True,
        "hobbies": ["go", "chess"],
    }
    assert with_constants({"reference": {"ref": "C-1"}}, constants)["reference"] == {"source": "erp", "ref": "C-1"}
    named = {"reference": {"source": "crm", "ref": "C-1"}}
    assert with_constants(named, {"source": "erp"}) == named
    assert with_constants({"reference": "C-1"}, {"source": "erp"}) == {"reference": "C-1"}  # refused by its shape
    assert with_constants({}, {"ref": "C-9", "source": "erp"}) == {"reference": {"source": "erp", "ref": "C-9"}}


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
ENTRIES = st.lists(st.fixed_dictionaries({"name": TEXT}, optional={"language": TEXT}), max_size=3)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "names": ENTRIES,
        "hobbies": st.lists(TEXT, max_size=3),
        "family": st.lists(st.fixed_dictionaries({"relation": TEXT, "preferences": st.lists(TEXT, max_size=2)})),
        "region": TEXT,
        "intention": TEXT,
        "employees": st.integers(0, 10**8),
        "listed": st.booleans(),
        "birth_date": st.fixed_dictionaries({"month": st.integers(1, 12), "day": st.integers(1, 31)}),
    },
)


@given(FACTS)
def test_P12_whatever_a_file_says_is_read_back_from_its_cells(facts: dict[str, Any]) -> None:
    """An empty list too: "no hobbies" is something a file says."""
    assert content_of([cell_of(facts.get(name)) for name in TARGETS], TARGETS, {}) == facts


@given(st.sampled_from(TARGETS), st.text(max_size=30) | st.from_regex(r"[-0-9\u00b2\u0665\[{]{1,12}", fullmatch=True))
def test_P12_any_cell_is_content_or_a_reason(target: str, cell: str) -> None:
    """What a row says can be anything: none of it may end the import with an error of its own."""
    try:
        content = content_of([cell, cell], [target, target if target == "names" else None], {})
    except DomainError as refusal:
        content = {"refused": refusal.code}
    assert content.get("refused", "malformed_json") == "malformed_json"
    json.dumps(content, allow_nan=False)
