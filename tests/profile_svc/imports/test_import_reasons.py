"""Why a row was refused is said in the language of who asks (P12), for every code that a row can have."""

import json
from typing import Any

import pytest

from services.profile_svc.imports.domain.records import Record
from services.profile_svc.imports.domain.row_outcomes import Reason
from services.profile_svc.imports.handlers.reading import TableFormat, read_row
from services.profile_svc.imports.schemas import read_row_content
from services.profile_svc.imports.texts import say_reason

ODD_VALUES: tuple[tuple[str, Any], ...] = (
    ("names", 5), ("names", [{}]), ("names", [{"name": ""}]), ("names", [{"name": "x" * 5000}]),
    ("names", [{"name": "a\x00"}]), ("names", [{"name": "a", "language": "Q"}]), ("employees", "a"),
    ("employees", -1), ("employees", 10**12), ("employees", 10**40), ("employees", 1.5), ("listed", "x"),
    ("annual_sales", "abc"), ("annual_sales", "-1"), ("annual_sales", 1.5), ("founded_on", "2020-13-01"),
    ("region", "13800138000"), ("region", "a b"), ("emails", [{"address": "x"}]),
    ("emails", [{"address": "a\x00@b.c"}]),
    ("phones", [{"number": "1"}]), ("phones", [{"number": "123", "kind": "z"}]), ("phones", [{"number": "123"}] * 30),
    ("birth_date", "x"), ("birth_date", {"month": 13, "day": 1}), ("birth_date", {"month": 1, "day": 1, "year": 5}),
    ("id", "x"), ("id", 5), ("kind", "robot"), ("reference", "x"), ("reference", {"source": "a b", "ref": "c"}),
    ("hobbies", "x"), ("hobbies", [5]), ("family", [{}]), ("sex", "x"), ("shoe", 45), ("hobbies", [[]] * 70_000),
)  # fmt: skip
LINES = (
    *(json.dumps({field: value}) for field, value in ODD_VALUES),
    "{not json", "[]", "[" * 2000, '{"kind": "person", "kind": "person"}', '{"employees": 1e999}', "x" * 300_000,
)  # fmt: skip
TAKEN = (  # what is only known with the files: test_row_outcomes.py has a row of each
    "kind_required", "name_required", "customer_not_found", "file_exists", "kind_is_fixed", "field_not_of_this_kind",
    "phone_not_possible", "given_twice", "in_the_future", "no_such_day", "no_leap_month", "unknown_source",
    "names_two_customers", "too_many_cells", "broken_quotes",
)  # fmt: skip
CHINESE = ("\u3400", "\u9fff")


def reason_for(line: str) -> Reason:
    table = TableFormat("ndjson", ",", [], {}, read_row_content)
    request = read_row(Record(0, len(line), line.encode()), 1, table, "utf-8").request
    assert isinstance(request, Reason), line[:80]
    return request


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[:30])
def test_P12_a_line_that_cannot_be_read_says_why_in_chinese(line: str) -> None:
    reason = reason_for(line)
    sentence = say_reason("zh", reason.code, reason.detail)
    assert any(CHINESE[0] <= character <= CHINESE[1] for character in sentence), (reason.code, sentence)
    assert say_reason("en", reason.code, None) != reason.code


@pytest.mark.parametrize("code", TAKEN)
def test_P12_a_row_that_is_refused_says_why_in_both_languages(code: str) -> None:
    assert any(CHINESE[0] <= character <= CHINESE[1] for character in say_reason("zh", code, None))
    assert say_reason("en", code, None) != code


def test_P12_a_code_without_a_text_yet_is_said_as_it_is() -> None:
    assert say_reason("zh", "brand_new", "Something new.") == "Something new."
    assert say_reason("zh", "brand_new", None) == "brand_new"
