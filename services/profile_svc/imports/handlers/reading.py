"""Rows of a stored file: read from a byte on, a batch at a time, as requests or as reasons why they are none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError

from services.profile_svc.imports.domain.columns import content_of, with_constants
from services.profile_svc.imports.domain.formula_cells import is_formula
from services.profile_svc.imports.domain.records import (
    MOST_RECORD_BYTES,
    Encoding,
    EncodingCheck,
    Record,
    cells_of,
    check_encodings,
    decode,
    split_records,
)
from services.profile_svc.imports.domain.row_outcomes import ImportRow, Reason, RowRequest, reason_of
from shared.chassis import Refused
from shared.chassis.http.ndjson import WorkSlice
from shared.chassis.http.strict_json import parse_json
from shared.chassis.problems import invalid_body, problem_of
from shared.errors import DomainError, invalid
from shared.files import FileStore, PartRow, read_bytes, read_range

READ_BYTES = 1024 * 1024  # read at once; a record is shorter


@dataclass(frozen=True, slots=True)
class TableFormat:
    """How the file is to be read, as it was asked for and found when the import was asked for."""

    format: str  # csv, ndjson
    delimiter: str
    targets: Sequence[str | None]  # the field of each column
    constants: Mapping[str, str]
    read_content: Callable[[Any], RowRequest]  # what JSON asks for, by the interface's shape of a file

    @property
    def is_csv(self) -> bool:
        return self.format == "csv"


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Some rows of the file, and where the next one begins."""

    rows: Sequence[ImportRow]
    next_offset: int
    next_row: int
    is_last: bool


async def check_file(
    store: FileStore, parts: Sequence[PartRow], encodings: Sequence[Encoding], *, quoted: bool
) -> EncodingCheck:
    """Read the whole file through: the first encoding that all of it is text of, or the last one's failure."""
    checks = check_encodings(encodings, quoted=quoted)
    work = WorkSlice()
    async for piece in read_range(store, parts):
        for check in checks:
            check.read(piece)
        await work.pause()
    for check in checks:
        check.read(b"", is_last=True)
    return next((check for check in checks if check.broken_at is None), checks[0])


async def read_batch(
    store: FileStore, parts: Sequence[PartRow], table: TableFormat, encoding: Encoding, offset: int, row: int,
    limit: int,
) -> RowBatch:  # fmt: skip
    """The next rows from a byte on, at most `limit`; `row` is the number of the first.

    422 `row_too_large`, which ends the import, when no record ends within what one may have.
    """
    size = parts[-1].starts_at + parts[-1].size if parts else 0
    end = min(offset + READ_BYTES, size)
    block = await read_bytes(store, parts, offset, end)
    rows: list[ImportRow] = []
    next_offset, number, taken = offset, row, 0
    work = WorkSlice()
    for record in split_records(block, offset, is_last=end == size, quoted=table.is_csv):
        if taken == limit:
            break
        await work.pause()
        taken += 1
        next_offset = record.end
        if record.content.strip():
            rows.append(read_row(record, number, table, encoding))
        number += 1
    if not taken and next_offset < size:
        raise invalid("row_too_large", "A row is too large, or a quotation mark is never closed.", row=row)
    return RowBatch(rows, next_offset, number, is_last=next_offset >= size)


def read_row(record: Record, number: int, table: TableFormat, encoding: Encoding) -> ImportRow:
    """One row: what it asks for, or the first reason why it can not be read."""
    if len(record.content) > MOST_RECORD_BYTES:
        return ImportRow(number, Reason("row_too_large", None, "The row is too large."), "")
    text = decode(record, encoding)
    formulas = 0
    try:
        if table.is_csv:
            cells = cells_of(text, table.delimiter)
            formulas = sum(map(is_formula, cells))
            content: Any = content_of(cells, table.targets, table.constants)
        else:
            content = parse_json(record.content)
            if isinstance(content, dict):
                content = with_constants(content, table.constants)
        request = table.read_content(content)
    except DomainError as refusal:
        return ImportRow(number, reason_of(refusal), _kept(text), formulas)
    except (ValidationError, Refused) as error:
        return ImportRow(number, _first_reason(error), _kept(text), formulas)
    return ImportRow(number, request, _kept(text), formulas)


def _kept(text: str) -> str:
    """What a row said, as a database can keep it: without NUL."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _first_reason(error: ValidationError | Refused) -> Reason:
    answer = orjson.loads(bytes(problem_of(invalid_body(error) if isinstance(error, ValidationError) else error).body))
    first = (answer.get("errors") or [{}])[0]
    pointed = str(first.get("pointer", "")).strip("/")
    field = pointed.partition("/")[0]
    return Reason(str(first.get("code", answer["code"])), field or None, str(first.get("detail", answer["detail"])))


def ids_named(rows: Sequence[ImportRow], by_reference: Mapping[tuple[str, str], UUID | None]) -> list[UUID | None]:
    """Whom each row means, in order: by the id it names, or by its reference."""
    ids: list[UUID | None] = []
    for row in rows:
        request = row.request
        if isinstance(request, Reason):
            ids.append(None)
        elif request.reference is not None:
            ids.append(by_reference.get((request.reference.source, request.reference.ref)))
        else:
            ids.append(request.id)
    return ids
