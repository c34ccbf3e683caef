"""What a file is, is found by its content; what it is not, is refused."""

import gzip
import io
import zipfile

import pytest

from shared.chassis import Refused
from shared.files.media_types import check_media_type, find_media_type

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


def zipped() -> bytes:
    """A small zip that would be large: ten megabytes of nothing."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"\0" * 10_000_000)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"name,phone\nAda,1\n", "text/csv"),
        ("\ufeff姓名;电话\n".encode(), "text/csv"),
        ("姓名\t电话\n单雄信\t1\n".encode("gb18030"), "text/csv"),
        (b'{"kind": "person"}\n{"kind": "person"}\n', "application/x-ndjson"),
        (b"just words\n", "text/plain"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
        (PNG, "image/png"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "text/html"),
        (b"a,b\n\x00,c\n", "application/octet-stream"),
    ],
)
def test_the_content_says_what_it_is(content: bytes, media_type: str) -> None:
    assert find_media_type(content) == media_type


def test_a_character_that_the_beginning_cuts_is_no_fault() -> None:
    text = ("姓,名\n" * 20_000).encode()
    for cut in range(64 * 1024 - 3, 64 * 1024):
        assert find_media_type(text[:cut]) == "text/csv"


@pytest.mark.parametrize(
    ("content", "declared", "code"),
    [
        (PNG, "text/csv", "not_what_it_says"),
        (b"name,phone\n", "image/png", "not_what_it_says"),
        (b'{"kind": "person"}\n', "text/csv", "not_what_it_says"),
        (zipped(), "text/csv", "not_what_it_says"),
        (zipped(), None, "media_type_not_accepted"),
        (zipped(), "application/zip", "media_type_not_accepted"),
        (gzip.compress(b"a,b\n" * 1000, mtime=0), None, "media_type_not_accepted"),
        (b"<html><body>a,b</body></html>", "text/csv", "not_what_it_says"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "application/pdf", "not_what_it_says"),
    ],
)
def test_P12_what_is_not_what_it_says_and_what_could_explode_is_refused(
    content: bytes, declared: str | None, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        check_media_type(content, declared)
    assert refused.value.code == code


def test_a_table_of_one_column_is_believed_to_be_one() -> None:
    assert check_media_type(b"name\nAda\n", "text/csv") == "text/csv"
    assert check_media_type(b"Dear all, hello\n", "text/plain") == "text/plain"
    assert check_media_type(b"a,b\n", "application/vnd.ms-excel") == "text/csv"
