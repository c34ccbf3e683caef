"""Records in the bytes of a table: where each begins and ends, in which encoding, and where that breaks.

Both encodings that are read, UTF-8 and GB18030, use the bytes of a quotation mark and a line break for nothing else, so
records are told apart before anything is decoded, and a place in the file is a number of bytes.
"""

import codecs
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.errors import DomainError, invalid

Encoding = Literal["utf-8", "gb18030"]
ENCODINGS: tuple[Encoding, ...] = ("utf-8", "gb18030")
BOM = codecs.BOM_UTF8
MOST_RECORD_BYTES = 256 * 1024  # as a single file's body
DELIMITERS = (",", ";", "\t", "|")
csv.field_size_limit(MOST_RECORD_BYTES)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it begins in the file (bytes), where the next one does, its bytes without the line break."""

    start: int
    end: int
    content: bytes


def split_records(block: bytes, start: int, *, is_last: bool, quoted: bool) -> Iterator[Record]:
    """The whole records of a chunk that begins at `start`, a record's beginning. `quoted`: a line break between
    quotation marks is no end (CSV). What follows the last line break is a record only at the file's end."""
    begin = position = quotes = 0
    while position < len(block):
        line_end = block.find(b"\n", position)
        if line_end < 0:
            break
        if quoted:
            quotes += block.count(b'"', position, line_end)
        position = line_end + 1
        if quotes % 2 == 0:
            yield Record(start + begin, start + position, block[begin:line_end].removesuffix(b"\r"))
            begin, quotes = position, 0
    if is_last and begin < len(block):
        yield Record(start + begin, start + len(block), block[begin:])


def decode(record: Record, encoding: Encoding) -> str:
    """The record's text; 422 `broken_encoding` with the byte where it is none."""
    try:
        return record.content.decode(encoding)
    except UnicodeDecodeError as error:
        raise broken_encoding(encoding, record.start + error.start) from None


def broken_encoding(encoding: Encoding, byte: int, row: int | None = None) -> DomainError:
    """422: the bytes are not text of that encoding. `byte` counts from 0, `row` from 1, the header included."""
    facts: dict[str, Any] = {"encoding": encoding, "byte": byte} | ({} if row is None else {"row": row})
    return invalid("broken_encoding", "The file is not text of that encoding.", **facts)


def cells_of(text: str, delimiter: str) -> list[str]:
    """The cells of a CSV record (RFC 4180); 422 `broken_quotes` when its quotation marks do not fit."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        raise invalid("broken_quotes", "The quotation marks of this row do not fit together.") from None


def find_delimiter(header: str) -> str:
    """The delimiter that stands most often in the header outside of quotes; a comma where none does."""
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


@dataclass(slots=True)
class EncodingCheck:
    """Reads a file through, piece by piece: whether it is text of an encoding, and how many records it has."""

    encoding: Encoding
    quoted: bool
    offset: int = 0  # bytes read
    records: int = 0  # ended so far
    broken_at: tuple[int, int] | None = None  # (byte, row)
    _in_quotes: bool = False
    _after_break: bool = True  # nothing has come since the last record's end
    _decoder: codecs.IncrementalDecoder = field(init=False)

    def __post_init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder(self.encoding)()

    def read(self, piece: bytes, *, is_last: bool = False) -> None:
        """The next bytes of the file; `is_last` with the last ones (or none)."""
        if self.broken_at is not None:
            return
        pending = len(self._decoder.getstate()[0])
        try:
            self._decoder.decode(piece, is_last)
        except UnicodeDecodeError as error:
            good = max(error.start - pending, 0)
            self._count(piece[:good])
            self.broken_at = (self.offset - pending + error.start, self.records + 1)
            return
        self._count(piece)
        self.offset += len(piece)
        if is_last and not self._after_break:
            self.records += 1
            self._after_break = True

    def _count(self, piece: bytes) -> None:
        if not piece:
            return
        if self.quoted:
            outside = piece.split(b'"')
            self.records += sum(part.count(b"\n") for part in outside[1 if self._in_quotes else 0 :: 2])
            self._in_quotes ^= len(outside) % 2 == 0
        else:
            self.records += piece.count(b"\n")
        self._after_break = piece.endswith(b"\n") and not self._in_quotes


def check_encodings(encodings: Iterable[Encoding], *, quoted: bool) -> list[EncodingCheck]:
    """One check for each encoding that may be meant."""
    return [EncodingCheck(encoding, quoted) for encoding in encodings]
