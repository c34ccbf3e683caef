"""`patron token` says what the gateway did not like, each point of it."""

import httpx
import pytest

from deploy.commands.token import _reason

PARTS = {
    "title": "Unprocessable Content",
    "detail": "Some of it can not be accepted.",
    "errors": [
        {"pointer": "/role", "code": "literal_error", "detail": "Input should be 'agent' or 'manager'"},
        {"pointer": "/partner_id", "code": "uuid", "detail": "must be a UUID in its canonical text form"},
    ],
}


def test_every_point_is_told() -> None:
    reason = _reason(httpx.Response(422, json=PARTS))
    assert reason.splitlines() == [
        "Some of it can not be accepted.",
        "  role: Input should be 'agent' or 'manager'",
        "  partner_id: must be a UUID in its canonical text form",
    ]


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ({"title": "Forbidden"}, "Forbidden"),
        ({"detail": "One thing.", "errors": [{"pointer": "/role", "detail": "One thing."}]}, "One thing."),
        ({"detail": "Odd.", "errors": ["odd", {"detail": "Without a place"}, 3]}, "Odd.\n  Without a place"),
        ({"detail": "Odd.", "errors": "all"}, "Odd."),
        (["a list"], "['a list']"),
    ],
)
def test_a_problem_of_another_shape_is_told_as_well_as_can_be(problem: object, words: str) -> None:
    assert _reason(httpx.Response(400, json=problem)) == words


def test_what_is_no_problem_is_told_as_it_is() -> None:
    assert _reason(httpx.Response(502, text="<html>")) == "<html>"
