"""Entries about facts that somebody is assessed by (T15): another person records them, and the last one counts."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from services.tiering_svc.service_quality.repository.spot_checks import SpotCheckRow
from services.tiering_svc.service_quality.repository.submissions import SubmissionRow
from shared.errors import forbidden
from shared.messaging import Transaction

Row = TypeVar("Row", SpotCheckRow, SubmissionRow)


async def record_entry(
    tx: Transaction, row: Row, recorded: Row | None, employee: str, *,
    is_own: Callable[[Transaction, Row, str], Awaitable[bool]], add: Callable[[Transaction, Row], Awaitable[None]],
) -> Row:  # fmt: skip
    """The entry that counts from now on. The same as the one recorded changes nothing; another one is added (`add`) and
    the one before is kept. 403 `own_work` where either is about work of the employee who records (`is_own`)."""
    for entry in (row, recorded):
        if entry is not None and await is_own(tx, entry, employee):
            raise forbidden("own_work", "Somebody else than the one who is assessed records it.")
    if recorded is not None and row == replace(
        recorded, entry_id=row.entry_id, recorded_by=row.recorded_by, recorded_at=row.recorded_at
    ):
        return recorded
    await add(tx, row)
    return row
