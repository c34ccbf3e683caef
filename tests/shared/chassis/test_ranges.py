"""Ranges of an answer (RFC 9110): one at a time, of the version that was meant, within what there is."""

import pytest

from shared.chassis import Refused
from shared.chassis.http.ranges import asked_range


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=2-4", 2, 5), ("bytes=7-", 7, 10), ("bytes=-3", 7, 10), ("bytes=5-99", 5, 10)],
)
def test_a_range_is_cut_to_what_there_is(header: str, start: int, end: int) -> None:
    part = asked_range(header, None, '"v"', 10)
    assert part is not None
    assert (part.start, part.end, part.content_range) == (start, end, f"bytes {start}-{end - 1}/10")


@pytest.mark.parametrize("header", [None, "bytes=4-2", "bytes=-", "lines=1-2", "bytes=0-1,3-4", "bytes=a-b"])
def test_what_is_no_single_range_is_answered_with_all(header: str | None) -> None:
    assert asked_range(header, None, '"v"', 10) is None


def test_a_range_of_another_version_is_answered_with_all() -> None:
    assert asked_range("bytes=2-4", '"other"', '"v"', 10) is None
    assert asked_range("bytes=2-4", '"v"', '"v"', 10) is not None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(header: str) -> None:
    with pytest.raises(Refused) as refused:
        asked_range(header, None, '"v"', 10)
    assert (refused.value.code, refused.value.headers) == ("range_not_satisfiable", {"Content-Range": "bytes */10"})
