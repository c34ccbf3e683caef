"""Imports and the rows of their files in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.profile_svc.imports.domain.reversal import ImportedCustomer
from services.profile_svc.imports.domain.row_outcomes import REFUSED, RowOutcome
from services.profile_svc.imports.tables import import_row
from shared.errors import not_found
from shared.jobs import Job, job_columns, job_of
from shared.messaging import Transaction
from shared.sql import insert_columns

COUNTED = ("opened", "updated", "unchanged", "skipped", "refused", "candidates", "formula_cells")


@dataclass(frozen=True, slots=True)
class CustomerImport:
    """An import: whose it is, what it found, and what became of its rows."""

    id: UUID
    file_id: UUID
    owner: str
    dry_run: bool
    encoding: str | None
    layout: dict[str, Any] | None
    problem: dict[str, Any] | None
    opened: int
    updated: int
    unchanged: int
    skipped: int
    refused: int
    candidates: int
    formula_cells: int
    reversal_id: UUID | None
    reversed: int
    kept: int
    created_at: datetime
    expires_at: datetime


COLUMNS = ", ".join(f"i.{field.name}" for field in fields(CustomerImport))


async def add_import(
    tx: Transaction, import_id: UUID, file_id: UUID, owner: str, layout: Mapping[str, Any], *, dry_run: bool,
    expires_at: datetime,
) -> None:  # fmt: skip
    """An import of which no row has been read. `layout`: how the file is read."""
    await tx.raw.execute(
        """insert into customer_import (id, file_id, owner, dry_run, layout, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7)""",
        import_id, file_id, owner, dry_run, orjson.dumps(layout).decode(), tx.at, expires_at,
    )  # fmt: skip


async def load_import(
    tx: Transaction, import_id: UUID, owner: str | None = None, *, lock: bool = False
) -> tuple[CustomerImport, Job]:
    """The import (of that owner, where one is given) and its job; 404 `import_not_found`."""
    row = await tx.raw.fetchrow(
        f"""select {COLUMNS}, {job_columns("j")} from customer_import i join job j on j.id = i.id
            where i.id = $1 and i.expires_at > $2 and ($3::text is null or i.owner = $3)
            {"for no key update of i" if lock else ""}""",
        import_id, tx.at, owner,
    )  # fmt: skip
    if row is None:
        raise not_found("import_not_found", "There is no such import.")
    return _import_of(row), job_of(row)


async def list_imports(
    tx: Transaction, owner: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[CustomerImport, Job]]:
    """Newest first, of that owner where one is given, from after a (created_at, id)."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS}, {job_columns("j")} from customer_import i join job j on j.id = i.id
            where i.expires_at > $1 and ($2::text is null or i.owner = $2)
              and ($3::timestamptz is null or (i.created_at, i.id) < ($3, $4::uuid))
            order by i.created_at desc, i.id desc limit $5""",
        tx.at, owner, *(before or (None, None)), limit,
    )  # fmt: skip
    return [(_import_of(row), job_of(row)) for row in rows]


def _import_of(row: Mapping[str, Any]) -> CustomerImport:
    return CustomerImport(**{field.name: row[field.name] for field in fields(CustomerImport)})


async def save_encoding(tx: Transaction, import_id: UUID, encoding: str) -> None:
    """The whole file is text of this encoding."""
    await tx.raw.execute("update customer_import set encoding = $2 where id = $1", import_id, encoding)


async def save_problem(tx: Transaction, import_id: UUID, problem: Mapping[str, Any]) -> None:
    """The file as a whole was refused, and why."""
    await tx.raw.execute(
        "update customer_import set problem = $2 where id = $1", import_id, orjson.dumps(problem).decode()
    )


async def add_outcomes(
    tx: Transaction, import_id: UUID, outcomes: Sequence[RowOutcome], candidates: set[UUID], formulas: int,
    *, keep_before: bool,
) -> None:  # fmt: skip
    """What became of the next rows, and the counts with them."""
    if not outcomes:
        return
    counts = dict.fromkeys(COUNTED, 0) | {"candidates": len(candidates), "formula_cells": formulas}
    for outcome in outcomes:
        counts[outcome.outcome] += 1
    refused = [outcome.outcome == REFUSED for outcome in outcomes]
    reasons = [outcome.reason for outcome in outcomes]
    columns: dict[str, list[Any]] = {
        "row_number": [outcome.row.row for outcome in outcomes],
        "outcome": [outcome.outcome for outcome in outcomes],
        "customer_id": [None if outcome.file is None else outcome.file.id for outcome in outcomes],
        "version": [None if outcome.file is None else outcome.file.version for outcome in outcomes],
        "before": [outcome.before if keep_before else None for outcome in outcomes],
        "candidate": [outcome.file is not None and outcome.file.id in candidates for outcome in outcomes],
        "code": [None if reason is None else reason.code for reason in reasons],
        "field": [None if reason is None else reason.field for reason in reasons],
        "detail": [None if reason is None else reason.detail for reason in reasons],
        "content": [outcome.row.content if bad else None for outcome, bad in zip(outcomes, refused, strict=True)],
    }
    await insert_columns(tx, import_row, columns, shared={"import_id": import_id})
    added = ", ".join(f"{name} = {name} + ${place}" for place, name in enumerate(COUNTED, 2))
    await tx.raw.execute(
        f"update customer_import set {added} where id = $1", import_id, *(counts[name] for name in COUNTED)
    )


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of a row, as it is shown."""

    row_number: int
    outcome: str
    customer_id: UUID | None
    candidate: bool
    code: str | None
    field: str | None
    detail: str | None
    content: str | None
    reversal: str | None


REPORT = ", ".join(field.name for field in fields(RowReport))


async def list_rows(
    tx: Transaction, import_id: UUID, after: int, limit: int, *, outcome: str | None = None, kept: bool = False,
    candidates: bool = False,
) -> list[RowReport]:  # fmt: skip
    """Rows in the order of the file, from behind a row number; of one outcome, of those that were kept when the import
    was undone, or of those who look like somebody else, where that is asked for."""
    rows = await tx.raw.fetch(
        f"""select {REPORT} from import_row
            where import_id = $1 and row_number > $2 and ($3::text is null or outcome = $3)
              and (not $4 or reversal in ('changed_since', 'fact_since', 'gone')) and (not $5 or candidate)
            order by row_number limit $6""",
        import_id, after, outcome, kept, candidates, limit,
    )  # fmt: skip
    return [RowReport(**row) for row in rows]


async def list_imported(tx: Transaction, import_id: UUID, after: UUID | None, limit: int) -> list[ImportedCustomer]:
    """What the import did to customers, in the order of their ids, from behind one."""
    rows = await tx.raw.fetch(
        """select customer_id, (array_agg(before order by row_number))[1] as before, max(version) as version
           from import_row
           where import_id = $1 and outcome in ('opened', 'updated') and ($2::uuid is null or customer_id > $2)
           group by customer_id order by customer_id limit $3""",
        import_id, after, limit,
    )  # fmt: skip
    return [ImportedCustomer(**row) for row in rows]


async def save_reversals(tx: Transaction, import_id: UUID, outcomes: Mapping[UUID, str]) -> None:
    """What became of these customers when the import was undone: `undone`, or why they were kept."""
    if not outcomes:
        return
    await tx.raw.execute(
        """update import_row r set reversal = given.reversal
           from unnest($2::uuid[], $3::text[]) as given(customer_id, reversal)
           where r.import_id = $1 and r.customer_id = given.customer_id and r.outcome in ('opened', 'updated')""",
        import_id, list(outcomes), list(outcomes.values()),
    )  # fmt: skip
    undone = sum(outcome == "undone" for outcome in outcomes.values())
    await tx.raw.execute(
        "update customer_import set reversed = reversed + $2, kept = kept + $3 where id = $1",
        import_id, undone, len(outcomes) - undone,
    )  # fmt: skip


async def save_reversal_job(tx: Transaction, import_id: UUID, job_id: UUID) -> None:
    """The job that undoes the import."""
    await tx.raw.execute("update customer_import set reversal_id = $2 where id = $1", import_id, job_id)


async def forget_expired(tx: Transaction, limit: int = 5000) -> int:
    """Delete the next rows of imports whose time has come, then the imports; their jobs stay, without anything
    personal. Returns how many rows."""
    import_id = await tx.raw.fetchval("select id from customer_import where expires_at <= $1 limit 1", tx.at)
    if import_id is None:
        return 0
    status = await tx.raw.execute(
        """delete from import_row where ctid = any(array(
               select ctid from import_row where import_id = $1 limit $2))""",
        import_id, limit,
    )  # fmt: skip
    count = int(status.rpartition(" ")[2])
    if count < limit:
        await tx.raw.execute("delete from customer_import where id = $1", import_id)
    return count
