"""Records in the bytes of a table (P12): told apart before they are decoded, counted, and broken where they break."""

import csv
import io
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.imports.domain.records import (
    ENCODINGS,
    Encoding,
    EncodingCheck,
    Record,
    cells_of,
    check_encodings,
    decode,
    find_delimiter,
    split_records,
)
from shared.errors import DomainError

CELL = st.text(st.sampled_from('ab",;\n\r|\t 单雄信é😀'), max_size=8)
TABLE = st.lists(st.lists(CELL, min_size=1, max_size=3), min_size=1, max_size=5)


def written(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    """The table as a spreadsheet program writes it, by the standard library alone."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()


def contents(block: bytes, *, is_last: bool = True, quoted: bool = True) -> list[bytes]:
    return [record.content for record in split_records(block, 0, is_last=is_last, quoted=quoted)]


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def checked(content: bytes, encoding: Encoding, size: int, *, quoted: bool = True) -> EncodingCheck:
    check = EncodingCheck(encoding, quoted)
    for piece in pieces(content, size):
        check.read(piece)
    check.read(b"", is_last=True)
    return check


@pytest.mark.parametrize(
    ("block", "records"),
    [
        (b"", []),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\r\nb", [b"a", b"b"]),
        (b'"a\nb",c\nd\n', [b'"a\nb",c', b"d"]),
        (b'"a ""b""\r\nc"\r\nd\r\n', [b'"a ""b""\r\nc"', b"d"]),
        (b"\n\na\n", [b"", b"", b"a"]),
        (b'"never closed\na\nb\n', [b'"never closed\na\nb\n']),
    ],
)
def test_P12_a_line_break_between_quotation_marks_ends_no_record(block: bytes, records: list[bytes]) -> None:
    assert contents(block) == records


def test_P12_a_line_of_json_ends_with_its_line_whatever_its_quotation_marks() -> None:
    assert contents(b'{"a": "x}\n{"b": 1}\n', quoted=False) == [b'{"a": "x}', b'{"b": 1}']


def test_P12_what_follows_the_last_line_break_waits_for_the_rest_of_the_file() -> None:
    assert contents(b"a\nb", is_last=False) == [b"a"]
    assert contents(b'a\n"b\nc', is_last=False) == [b"a"]
    assert contents(b"a\nb", is_last=True) == [b"a", b"b"]


@given(st.binary(max_size=60), st.integers(0, 1000), st.booleans())
def test_P12_records_lie_one_behind_the_other_and_lose_no_byte(block: bytes, start: int, quoted: bool) -> None:
    records = list(split_records(block, start, is_last=True, quoted=quoted))
    ends = [start, *(record.end for record in records)]
    assert [record.start for record in records] == ends[:-1]
    assert ends[-1] == start + len(block)
    for record in records:
        whole = block[record.start - start : record.end - start]
        assert whole in (record.content, record.content + b"\n", record.content + b"\r\n")


@given(TABLE, st.sampled_from(ENCODINGS), st.sampled_from(",;\t|"))
def test_P12_a_table_is_read_as_it_was_written(rows: list[list[str]], encoding: Encoding, delimiter: str) -> None:
    block = written(rows, delimiter).encode(encoding)
    records = split_records(block, 0, is_last=True, quoted=True)
    assert [cells_of(decode(record, encoding), delimiter) for record in records] == rows


@given(TABLE, st.sampled_from(ENCODINGS), st.integers(1, 9))
def test_P12_the_records_of_a_table_are_counted_however_it_comes(
    rows: list[list[str]], encoding: Encoding, size: int
) -> None:
    check = checked(written(rows).encode(encoding), encoding, size)
    assert (check.broken_at, check.records) == (None, len(rows))


@given(st.binary(max_size=40).filter(lambda block: not any(byte > 127 for byte in block)), st.integers(1, 9))
def test_P12_as_many_records_are_counted_as_are_read(block: bytes, size: int) -> None:
    for quoted in (True, False):
        check = checked(block, "utf-8", size, quoted=quoted)
        assert check.records == len(list(split_records(block, 0, is_last=True, quoted=quoted)))
        assert check.offset == len(block)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(lines=st.lists(st.text("ab单é😀", max_size=6), min_size=1, max_size=5), size=st.integers(1, 9), data=st.data())
def test_P12_a_broken_byte_is_named_by_its_place_and_row(
    encoding: Encoding, lines: list[str], size: int, data: st.DataObject
) -> None:
    """0xFF begins no character of either encoding; it stands where a line begins."""
    row = data.draw(st.integers(0, len(lines) - 1))
    before = "".join(f"{line}\n" for line in lines[:row]).encode(encoding)
    rest = "".join(f"{line}\n" for line in lines[row:]).encode(encoding)
    check = checked(before + b"\xff\n" + rest, encoding, size)
    assert check.broken_at == (len(before), row + 1)


@pytest.mark.parametrize(("encoding", "cut"), [("utf-8", "信".encode()[:2]), ("gb18030", "信".encode("gb18030")[:1])])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_P12_a_file_that_ends_within_a_character_is_broken_there(encoding: Encoding, cut: bytes, size: int) -> None:
    check = checked(b"a\nbc" + cut, encoding, size)
    assert check.broken_at == (4, 2)


def test_P12_behind_a_broken_byte_nothing_is_looked_at() -> None:
    check = EncodingCheck("utf-8", quoted=True)
    check.read(b"a\n\xff")
    check.read(b"b\n\xff", is_last=True)
    assert (check.broken_at, check.records) == ((2, 2), 1)


def test_P12_chinese_text_is_of_one_of_two_encodings() -> None:
    content = "名,电话\n单雄信,1\n".encode("gb18030")
    checks = check_encodings(ENCODINGS, quoted=True)
    for check in checks:
        check.read(content, is_last=True)
    assert [check.broken_at is None for check in checks] == [False, True]
    assert checks[1].records == 2


def test_P12_a_record_that_is_no_text_says_which_byte_of_the_file_breaks_it() -> None:
    with pytest.raises(DomainError) as refused:
        decode(Record(100, 104, b"ab\xff"), "utf-8")
    assert refused.value.code == "broken_encoding"
    assert refused.value.facts == {"encoding": "utf-8", "byte": 102}


@pytest.mark.parametrize(
    ("text", "delimiter", "cells"),
    [
        ("", ",", []),
        ("a,,b", ",", ["a", "", "b"]),
        ('"a,b";c', ";", ["a,b", "c"]),
        ('"a ""b"""', ",", ['a "b"']),
        ('"a\nb",c', ",", ["a\nb", "c"]),
        ('12" pipe', ",", ['12" pipe']),  # within a cell that is not quoted it is an inch
    ],
)
def test_P12_cells_are_told_apart_by_RFC_4180(text: str, delimiter: str, cells: list[str]) -> None:
    assert cells_of(text, delimiter) == cells


@pytest.mark.parametrize("text", ['"a', '"a"b,c', '"a" ,b', "a\rb", f'"{"x" * 300_000}"'])
def test_P12_quotation_marks_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(DomainError) as refused:
        cells_of(text, ",")
    assert refused.value.code == "broken_quotes"


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("name,phone", ","),
        ("name;phone;note, more", ";"),
        ("name\tphone", "\t"),
        ("name|phone", "|"),
        ('"a;b;c;d",phone', ","),  # what stands between quotation marks does not count
        ("name", ","),
        ("a,b;c", ","),  # as often: a comma
    ],
)
def test_P12_the_delimiter_is_found_in_the_header(header: str, delimiter: str) -> None:
    assert find_delimiter(header) == delimiter
