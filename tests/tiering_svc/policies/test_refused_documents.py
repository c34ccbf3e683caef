"""Every way in which a policy document can be wrong (T9): refused with its code at its field, and nothing is written.

A row is a document that is right, what is changed in it by pointers, and the code with its pointer. That no code is
forgotten is read from the source.
"""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from shared.errors import DomainError
from tests.tiering_svc.policy_documents import LEVELS, card, condition, item, matrix, population, scorecard
from tests.tiering_svc.shorthand import bands_document, level, policy_of

SERVICE = "tiering"
SOURCES = Path(__file__).resolve().parents[3] / "services" / "tiering_svc" / "policies" / "domain"
ABSENT: Any = object()

BANDS = bands_document(("gold", "550"), ("platinum", "1000"))
FEWER = BANDS | {
    "better": "less", "indicator": "days_since_last_order",
    "bands": [{"tier": "gold", "up_to": "90"}, {"tier": "platinum", "up_to": "30"}],
}  # fmt: skip
STEPS = scorecard(item(bands=[{"from": "0", "points": "2"}, {"from": "100", "points": "50"}]))
SCALE = scorecard(item("amount"), bands=("5", "10", "15"))
PERCENT = scorecard(
    item("amount", weight="60"), item("margin", weight="40"), weights="percent", bands=("5", "10", "15")
)
MATRIX = matrix()
ABC = population("abc")
PYRAMID = population()
STAR = {
    "kind": "star", "levels": LEVELS,
    "star": {"months": 3, "thresholds": [{"tier": lv["code"], "over": f"{n}00"} for n, lv in enumerate(LEVELS[1:], 1)]},
}  # fmt: skip
RULE = BANDS | {"conditions": [condition("margin_rate < 0.05", at_most="gold")]}
VIEW = "/matrix/present/views/0"
CLASSES = "/matrix/present/classes"

# document, what is changed, code, pointer (where it is not what was changed)
REFUSED: list[tuple[dict[str, Any], dict[str, Any], str, str | None]] = [
    # the kind and its parts
    (BANDS, {"/kind": "mood"}, "literal_error", None),
    (BANDS, {"/bands": ABSENT}, "missing", None),
    (BANDS, {"/window": ABSENT}, "missing", None),
    (BANDS, {"/star": STAR["star"]}, "not_of_this_kind", None),
    (BANDS, {"/prospects": "placed"}, "not_of_this_kind", None),
    (BANDS, {"/groups": "sometimes"}, "literal_error", None),
    (ABC, {"/groups": "together"}, "not_of_this_kind", None),
    (PYRAMID, {"/groups": "apart"}, "not_of_this_kind", None),
    (MATRIX, {"/matrix": ABSENT}, "missing", None),
    (MATRIX, {"/prospects": "perhaps"}, "literal_error", None),
    (SCALE, {"/scorecard": ABSENT}, "missing", None),
    (STAR, {"/star": ABSENT}, "missing", None),
    (ABC, {"/abc": ABSENT}, "missing", None),
    (PYRAMID, {"/indicator": "amount", "/scorecard": card(item())}, "one_of_two", "/scorecard"),
    (BANDS, {"/more": 1}, "extra_forbidden", None),
    # levels
    (BANDS, {"/levels": LEVELS[:1]}, "too_few_levels", None),
    (BANDS, {"/levels/2/code": "gold"}, "duplicate_level", None),
    (BANDS, {"/levels/0/code": "a b"}, "string_pattern_mismatch", None),
    (BANDS, {"/levels/0/name/zh": ABSENT}, "missing", None),
    # window, life
    (BANDS, {"/window/months": 0}, "window_out_of_range", None),
    (BANDS, {"/window/months": 10**6}, "window_out_of_range", None),
    (BANDS, {"/window/months": 2**31}, "less_than_equal", None),
    (BANDS, {"/window/months": 10**40}, "number_too_long", None),
    (BANDS, {"/window/months": "12"}, "int_type", None),
    (BANDS, {"/life/grace_months": -1}, "out_of_range", None),
    (BANDS, {"/life/keep_months": 10**9}, "out_of_range", None),
    # indicators
    (BANDS, {"/indicator": "mood"}, "unknown_indicator", None),
    (BANDS, {"/indicator": "region"}, "not_a_numeric_indicator", None),
    (STAR, {"/indicator": "orders"}, "unknown_indicator", None),
    (SCALE, {"/scorecard/items/0/indicator": "mood"}, "unknown_indicator", None),
    (SCALE, {"/scorecard/items/0/indicator": "age_band"}, "not_a_numeric_indicator", None),
    (MATRIX, {f"{VIEW}/items/0/indicator": "mood"}, "unknown_indicator", None),
    # bands
    (BANDS, {"/bands": []}, "no_bands", None),
    (BANDS, {"/bands/0/tier": "silver"}, "band_for_the_lowest", None),
    (BANDS, {"/bands/1/tier": "tin"}, "unknown_tier", None),
    (BANDS, {"/bands/1/tier": "gold"}, "bands_overlap", None),
    (BANDS, {"/bands/0/tier": "platinum", "/bands/1/tier": "gold"}, "bands_not_ordered", "/bands/1/tier"),
    (BANDS, {"/bands/0/from": ABSENT}, "missing", None),
    (BANDS, {"/bands/0/from": "-0.01"}, "negative_threshold", None),
    (BANDS, {"/bands/0/from": "1e3"}, "string_pattern_mismatch", None),
    (BANDS, {"/bands/0/from": "9" * 15}, "string_pattern_mismatch", None),
    (BANDS, {"/bands/0/from": "5\0"}, "invalid_text", None),
    (BANDS, {"/bands/0/from": 550}, "string_type", None),
    (BANDS, {"/bands/1/from": "550"}, "bands_overlap", None),
    (BANDS, {"/bands/1/from": "549"}, "bands_not_ordered", None),
    (BANDS, {"/bands/0/to": "900"}, "bands_leave_a_gap", None),
    (BANDS, {"/bands/1/to": "2000"}, "bands_leave_a_gap", None),
    (BANDS, {"/bands/0/to": "1100"}, "bands_overlap", None),
    (BANDS, {"/bands/0/to": "550"}, "empty_band", None),
    (BANDS, {"/bands/0/up_to": "600"}, "not_of_this_kind", None),
    (BANDS, {"/unknown": {"tier": "tin"}}, "unknown_tier", "/unknown/tier"),
    (FEWER, {"/bands/0/tier": "silver"}, "band_for_the_lowest", None),
    (FEWER, {"/bands/1/up_to": "-1"}, "negative_threshold", None),
    (FEWER, {"/bands/1/up_to": "91"}, "bands_not_ordered", None),
    # stars
    (STAR, {"/star/months": 0}, "no_months", None),
    (STAR, {"/star/months": 10**6}, "window_out_of_range", None),
    (STAR, {"/star/thresholds": []}, "no_bands", None),
    (STAR, {"/star/thresholds/0/tier": "lead"}, "band_for_the_lowest", None),
    (STAR, {"/star/thresholds/0/over": "-1"}, "negative_threshold", None),
    (STAR, {"/star/thresholds/2/over": "200"}, "bands_overlap", None),
    (STAR, {"/star/thresholds/2/over": "150"}, "bands_not_ordered", None),
    (STAR, {"/star/thresholds/2/tier": "tin"}, "unknown_tier", None),
    # scorecards
    (SCALE, {"/scorecard/items": []}, "no_items", None),
    (SCALE, {"/scorecard/items/0/bands": [{"from": "0", "points": "1"}]}, "bands_or_scale", "/scorecard/items/0"),
    (SCALE, {"/scorecard/items/0/scale/best": "0"}, "empty_scale", None),
    (SCALE, {"/scorecard/items/0/scale/points": "0"}, "no_points", None),
    (SCALE, {"/scorecard/items/0/unknown": {"points": "many"}}, "string_pattern_mismatch",
     "/scorecard/items/0/unknown/points"),
    (SCALE, {"/scorecard/items/0/unknown": {}}, "missing", "/scorecard/items/0/unknown/points"),
    (SCALE, {"/scorecard/items/0/unknown": "perhaps"}, "literal_error", None),
    (SCALE, {"/scorecard/items/0/weight": "0"}, "weight_not_positive", None),
    (SCALE, {"/bands/2/from": "20.1"}, "out_of_reach", None),
    (SCALE, {"/bands/0/from": "-1"}, "negative_threshold", None),
    (SCALE, {"/bands/0/tier": "lead"}, "band_for_the_lowest", None),
    (STEPS, {"/scorecard/items/0/bands": []}, "no_bands", None),
    (STEPS, {"/scorecard/items/0/bands/0/points": "0", "/scorecard/items/0/bands/1/points": "0"}, "no_points",
     "/scorecard/items"),
    (STEPS, {"/scorecard/items/0/bands/1/from": "0"}, "bands_overlap", None),
    (STEPS, {"/scorecard/items/0/bands/0/to": "50"}, "bands_leave_a_gap", None),
    (STEPS, {"/scorecard/items/0/indicator": "amount", "/scorecard/items/0/bands/0/from": "-1"}, "negative_threshold",
     "/scorecard/items/0/bands/0/from"),
    (PERCENT, {"/scorecard/items/1/weight": "41"}, "weights_do_not_add_up", "/scorecard/items"),
    (PERCENT, {"/scorecard/items/1/weight": ABSENT}, "missing", None),
    (PERCENT, {"/scorecard/items/1/indicator": "amount"}, "indicator_twice", None),
    # matrices
    (MATRIX, {f"{VIEW}/view": "mood"}, "literal_error", None),
    (MATRIX, {f"{VIEW}/view": "sales"}, "view_twice", "/matrix/present/views/3/view"),
    (MATRIX, {f"{VIEW}": ABSENT}, "view_missing", "/matrix/present/views"),
    (MATRIX, {f"{VIEW}/weight": "26"}, "weights_do_not_add_up", "/matrix/present/views"),
    (MATRIX, {f"{CLASSES}/1": ABSENT}, "too_few_classes", CLASSES),
    (MATRIX, {f"{CLASSES}/1/code": "low"}, "duplicate_class", None),
    (MATRIX, {f"{CLASSES}/1/from": ABSENT}, "class_without_beginning", None),
    (MATRIX, {f"{CLASSES}/0/from": "1"}, "class_without_beginning", None),
    (MATRIX, {f"{CLASSES}/1/from": "-1"}, "negative_threshold", None),
    (MATRIX, {f"{CLASSES}/1/from": "100.1"}, "out_of_reach", None),
    (MATRIX, {"/matrix/cells/3": ABSENT}, "cells_missing", "/matrix/cells"),
    (MATRIX, {"/matrix/cells/3/present": "middle"}, "unknown_class", None),
    (MATRIX, {"/matrix/cells/3/present": "low"}, "cell_twice", "/matrix/cells/3"),
    (MATRIX, {"/matrix/cells/3/tier": "tin"}, "unknown_tier", None),
    (MATRIX, {"/matrix/cells/3/tier": "lead"}, "cell_lower", None),
    # shares
    (ABC, {"/abc/shares/0/percent": "2"}, "shares_do_not_add_up", "/abc/shares"),
    (ABC, {"/abc/shares/0/percent": "-1"}, "share_not_positive", None),
    (ABC, {"/abc/shares/0/tier": "tin"}, "unknown_tier", None),
    (ABC, {"/abc/shares/0/tier": "iron"}, "shares_not_ordered", "/abc/shares/1/tier"),
    (ABC, {"/abc/shares/1": ABSENT, "/abc/shares/0/percent": "5"}, "level_without_share", "/abc/shares"),
    (ABC, {"/abc/shares/3": ABSENT, "/abc/shares/2/percent": "95"}, "level_without_share", "/abc/shares"),
    (ABC, {"/abc/population": "nobody"}, "literal_error", None),
    (ABC, {"/abc/by": "revenue", "/abc/population": "all"}, "not_of_this_kind", "/abc/population"),
    (ABC, {"/abc/by": "revenue", "/indicator": "margin_rate"}, "cannot_be_added_up", "/abc/by"),
    (PYRAMID, {"/levels": [*LEVELS, level("top")]}, "not_four_levels", "/pyramid/shares"),
    # conditions
    (RULE, {"/conditions/0/at_least": "gold"}, "one_of_two", None),
    (RULE, {"/conditions/0/at_most": ABSENT}, "missing", None),
    (RULE, {"/conditions/0/at_most": "tin"}, "unknown_tier", None),
    (RULE, {"/conditions/0/when": "margin_rate <"}, "cel_cannot_compile", None),
    (RULE, {"/conditions/0/when": "mood < 1.0"}, "unknown_indicator", None),
    (RULE, {"/conditions/0/when": "1 < 2"}, "cel_names_no_indicator", None),
    (RULE, {"/conditions/0/when": "orders / 2.0 > 1.0"}, "cel_function_not_allowed", None),
    (RULE, {"/conditions/0/when": "orders + 1.0"}, "cel_fails", None),
    (RULE, {"/conditions/0/when": "orders + 1 > 2.0"}, "cel_fails", None),
    (RULE, {"/conditions/0/when": "x" * 501}, "string_too_long", None),
]  # fmt: skip

# What the shape refuses before: the document's own check, for who builds one without it.
SHAPE_FIRST: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (BANDS, {"/kind": "mood"}, "unknown_kind"),
    (BANDS, {"/bands/0/from": "NaN"}, "not_a_number"),
    (MATRIX, {f"{VIEW}/view": "mood"}, "unknown_view"),
    (SCALE, {"/scorecard/items/0/unknown": "perhaps"}, "unknown_treatment"),
    (RULE, {"/conditions/0/when": "x" * 501}, "too_long"),
]


def changed(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    document = deepcopy(document)
    for pointer, value in changes.items():
        *way, last = pointer.split("/")[1:]
        part: Any = document
        for step in way:
            part = part[int(step) if isinstance(part, list) else step]
        key: Any = int(last) if isinstance(part, list) else last
        if value is ABSENT:
            del part[key]
        else:
            part[key] = value
    return document


def row_id(row: tuple[Any, ...]) -> str:
    return f"{row[0]['kind']} {' '.join(row[1])} {row[2]}"


@pytest.mark.parametrize("document", [BANDS, FEWER, STEPS, SCALE, PERCENT, MATRIX, ABC, PYRAMID, STAR, RULE])
def test_T9_the_documents_that_are_changed_are_right(document):
    assert policy_of(document).levels


async def test_T9_whatever_is_wrong_is_refused_at_its_field_and_nothing_is_written(client):
    """All rows in one test: a table that says everything that does not hold, not the first of it."""
    name = {"en": "Wrong", "zh": "错误"}
    kept = (await client.post("/v1/tier-policies", json={"name": name, "document": BANDS})).json()
    before = (await client.get("/v1/tier-policies", params={"limit": 200})).json()
    otherwise = []
    for row in REFUSED:
        document, changes, code, pointer = row
        body = {"name": name, "document": changed(document, changes)}
        wanted = (422, code, "/document" + (pointer or next(iter(changes))))
        for path in ("/v1/tier-policies", f"/v1/tier-policies/{kept['id']}/versions"):
            answer = await client.post(path, json=body)
            errors = answer.json().get("errors") or [{"code": None, "pointer": ""}]
            answered = [(answer.status_code, error["code"], error["pointer"]) for error in errors]
            if wanted not in answered:
                otherwise.append((row_id(row), answered))
    assert otherwise == []
    assert (await client.get("/v1/tier-policies", params={"limit": 200})).json() == before
    shown = (await client.get(f"/v1/tier-policies/{kept['id']}")).json()
    assert [version["version"] for version in shown["versions"]] == [1]


@pytest.mark.parametrize("row", SHAPE_FIRST, ids=row_id)
def test_T9_the_document_is_checked_without_its_shape_too(row):
    document, changes, code = row
    with pytest.raises(DomainError) as refused:
        policy_of(changed(document, changes))
    assert (refused.value.code, refused.value.pointer) == (code, f"/document{next(iter(changes))}")


def test_T9_every_code_that_a_document_is_refused_with_is_in_the_table():
    raised = {code for file in SOURCES.glob("*.py") for code in re.findall(r'invalid\(\s*"(\w+)"', file.read_text())}
    assert len(raised) > 40
    assert raised - {row[2] for row in (*REFUSED, *SHAPE_FIRST)} == set()
