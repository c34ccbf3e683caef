"""What a problem says: a phrase of RFC 9110 as title, the code's place as type, full sentences as details."""

from http import HTTPStatus

import asyncpg
import orjson
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.chassis.problems import CODES, SENTENCES, TITLES, problem, problem_of
from shared.errors import invalid

# by RFC 9110, after Python's table was written
RENAMED = {413: "Content Too Large", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}


def test_titles_are_the_phrases_of_the_status() -> None:
    assert {status: RENAMED.get(status, HTTPStatus(status).phrase) for status in TITLES} == TITLES
    assert CODES.keys() <= TITLES.keys()


def test_the_type_is_the_codes_place_on_the_page_of_errors() -> None:
    body = orjson.loads(problem(409, "already_there", "It is there already.").body)
    assert body["type"] == "/docs/errors#already_there"
    assert (body["title"], body["status"], body["code"]) == ("Conflict", 409, "already_there")


@pytest.mark.parametrize("busy", [asyncpg.QueryCanceledError(), asyncpg.LockNotAvailableError(), PoolTimeout()])
def test_a_database_that_takes_too_long_is_busy_and_says_when_to_come_again(busy: Exception) -> None:
    answer = problem_of(busy)
    assert (answer.status_code, orjson.loads(answer.body)["code"]) == (503, "database_busy")
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("away", [asyncpg.CannotConnectNowError(), ConnectionRefusedError(), TimeoutError()])
def test_a_database_that_is_away_is_another_matter(away: Exception) -> None:
    answer = problem_of(away)
    assert (answer.status_code, orjson.loads(answer.body)["code"]) == (503, "try_again")


def test_details_are_full_sentences() -> None:
    for sentence in SENTENCES.values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    refusal = orjson.loads(problem_of(invalid("too_much", "That is too much.", pointer="/points")).body)
    assert refusal["errors"] == [{"pointer": "/points", "code": "too_much", "detail": "That is too much."}]
