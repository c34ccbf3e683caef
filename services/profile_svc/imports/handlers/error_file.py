"""The rows that were refused as a file: what each said and the reason in a language, ready to be mended and sent."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from functools import partial
from uuid import UUID

from services.profile_svc.imports.domain.columns import REASON_COLUMNS
from services.profile_svc.imports.domain.formula_cells import neutralised
from services.profile_svc.imports.domain.records import cells_of
from services.profile_svc.imports.domain.row_outcomes import REFUSED
from services.profile_svc.imports.repository import imports
from services.profile_svc.imports.texts import say_reason
from shared.errors import DomainError
from shared.messaging import Database
from shared.texts import Language

PAGE = 500


async def error_rows(
    database: Database, import_id: UUID, header: Sequence[str], delimiter: str, language: Language
) -> AsyncIterator[bytes]:
    """CSV in UTF-8 with a mark at its beginning, so that spreadsheet programs know it; a transaction a page.

    The columns of the file come first, so that the mended rows can be imported with the same mapping.
    """
    yield "\ufeff".encode() + _written([*header, *REASON_COLUMNS])
    after = 0
    while True:
        page = partial(imports.list_rows, import_id=import_id, after=after, limit=PAGE, outcome=REFUSED)
        rows = await database.run(page)
        for row in rows:
            cells = _cells(row.content or "", header, delimiter)
            reason = say_reason(language, row.code or "", row.detail)
            yield _written([*cells, str(row.row_number), row.field or "", row.code or "", reason])
        if len(rows) < PAGE:
            return
        after = rows[-1].row_number


def _cells(content: str, header: Sequence[str], delimiter: str) -> list[str]:
    """What the row said, under the file's own columns; a line of JSON is one cell, and so is what is no row at all."""
    if list(header) == ["line"]:
        return [content]
    try:
        cells = cells_of(content, delimiter)
    except DomainError:
        cells = [content]
    return (cells + [""] * len(header))[: len(header)]


def _written(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_safe(cell) for cell in cells])
    return text.getvalue().encode()


def _safe(cell: str) -> str:
    """Neutralised, once: what the file had marked already stays as it is."""
    return neutralised(cell) if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else cell
