"""The import as a job: the file is read through once, then its rows are written, batch by batch, each row once (P12).

A step's transaction writes the customers, what became of each row and the place where the next batch begins, so after
kill -9 the next process goes on exactly there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from services.profile_svc.files.domain.registration import RegistrationBatch
from services.profile_svc.files.repository import registration
from services.profile_svc.files.repository.customer_files import load_file, note_edited
from services.profile_svc.imports.domain.records import ENCODINGS, EncodingCheck, broken_encoding
from services.profile_svc.imports.domain.row_outcomes import (
    OPENED,
    UPDATED,
    ImportBatch,
    Reason,
    RowOutcome,
    RowRequest,
)
from services.profile_svc.imports.handlers.actors import actor_again
from services.profile_svc.imports.handlers.reading import RowBatch, TableFormat, check_file, ids_named, read_batch
from services.profile_svc.imports.repository import customers, imports
from services.profile_svc.references.repository.customer_sources import add_sources
from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.chassis.http.ndjson import WorkSlice
from shared.errors import DomainError, not_found
from shared.files import PartRow, file_store
from shared.files.repository import list_parts, load_ready_file
from shared.jobs import Done, Failed, Job, JobContext, JobKind, Outcome
from shared.messaging import Transaction, announce, new_id
from shared.messaging.faults import point

KIND = "customer_import"
BATCH_ROWS = 500
ReadContent = Callable[[Any], RowRequest]
OFFERS = "/internal/references:offer"


@dataclass(frozen=True, slots=True)
class PreparedRows:
    """A batch that was read, with whom each row means, and what dials abroad mean here."""

    batch: RowBatch
    customer_ids: Sequence[UUID | None]
    regions: Sequence[str]


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """The file was read through: in which encoding it is text, where data begins behind how many rows of header."""

    check: EncodingCheck
    data_offset: int
    header_rows: int


Prepared = CheckedFile | PreparedRows | DomainError
TABLE_FORMAT = ("format", "delimiter", "targets", "constants")


async def _layout_of(context: JobContext, job: Job) -> dict[str, Any]:
    """How the file is read; 404 where its form was erased with a customer that it named."""
    imported, _ = await context.database.run(lambda tx: imports.load_import(tx, job.id))
    if imported.layout is None:
        raise not_found("file_not_found", "The file is not there any more.")
    return imported.layout


async def prepare_batch(read_content: ReadContent, context: JobContext, job: Job) -> Prepared:
    """Outside of the step's transaction: read the file through, or the next rows with their ids from the registry."""
    store = file_store(context.settings)
    try:
        layout, parts = await _layout_of(context, job), await _parts_of(context, job)
        table = TableFormat(**{name: layout[name] for name in TABLE_FORMAT}, read_content=read_content)
        if job.cursor is None:
            encodings = ENCODINGS if layout["encoding"] is None else (layout["encoding"],)
            check = await check_file(store, parts, encodings, quoted=table.is_csv)
            return CheckedFile(check, layout["data_offset"], int(table.is_csv))
        place = job.cursor
        batch = await read_batch(store, parts, table, place["encoding"], place["offset"], place["row"], BATCH_ROWS)
    except DomainError as refusal:
        return refusal
    references = list(
        dict.fromkeys(
            (row.request.reference.source, row.request.reference.ref)
            for row in batch.rows
            if not isinstance(row.request, Reason) and row.request.reference is not None
        )
    )
    by_reference: dict[tuple[str, str], UUID | None] = {}
    if references:
        body = {"references": references, "offer": not job.params["dry_run"]}
        answer = await context.clients.post_json("gateway", OFFERS, body)
        ids = [None if id is None else UUID(id) for id in answer["customer_ids"]]
        by_reference = dict(zip(references, ids, strict=True))
        if job.params["dry_run"]:  # who is unknown gets an id for the run alone
            by_reference = {reference: id or new_id() for reference, id in by_reference.items()}
        known = dict(zip(references, answer["known_sources"], strict=True))
        batch = _without_unknown_sources(batch, known)
    return PreparedRows(batch, ids_named(batch.rows, by_reference), context.settings.phone_regions)


async def take_batch(tx: Transaction, job: Job, prepared: Prepared) -> Outcome:
    """The step: keep what the look through the file showed, or write the next rows."""
    if isinstance(prepared, DomainError):
        await imports.save_problem(tx, job.id, {"code": prepared.code, "detail": prepared.detail} | prepared.facts)
        return Failed(prepared.code)
    if isinstance(prepared, CheckedFile):
        return await _begin(tx, job, prepared)
    outcomes = await _take_rows(tx, job, prepared)
    point("imports.before_commit")
    tx.after_commit(lambda: point("imports.after_commit"))
    batch = prepared.batch
    if batch.is_last:
        return Done(len(outcomes))
    cursor = dict(job.cursor) | {"offset": batch.next_offset, "row": batch.next_row}
    return job.next(cursor, done=len(outcomes))


async def _begin(tx: Transaction, job: Job, file: CheckedFile) -> Outcome:
    check = file.check
    if check.broken_at is not None:
        byte, row = check.broken_at
        refusal = broken_encoding(check.encoding, byte, row)
        await imports.save_problem(tx, job.id, {"code": refusal.code, "detail": refusal.detail} | refusal.facts)
        return Failed(refusal.code)
    await imports.save_encoding(tx, job.id, check.encoding)
    place = {"encoding": check.encoding, "offset": file.data_offset, "row": 1 + file.header_rows}
    return job.next(place, total=max(check.records - file.header_rows, 0))


async def _take_rows(tx: Transaction, job: Job, prepared: PreparedRows) -> list[RowOutcome]:
    """Decide all rows of the batch in memory, then write them in a few statements."""
    actor = actor_again(job.params["actor"])
    ids = {id for id in prepared.customer_ids if id is not None}
    files = await registration.load_files(tx, ids)
    visible = await customers.list_visible(tx, files, actor)
    merged = {id: await load_file(tx, id, actor) for id in await customers.list_merged(tx, visible)}
    batch = ImportBatch(RegistrationBatch(files), job.params["on_existing"], visible, merged)
    outcomes: list[RowOutcome] = []
    work = WorkSlice()
    for row, customer_id in zip(prepared.batch.rows, prepared.customer_ids, strict=True):
        await work.pause()
        outcomes.append(batch.take(row, customer_id, tx.at, new_id, prepared.regions))
    written = {outcome.file.id: outcome.file for outcome in outcomes if outcome.file and outcome.outcome in WRITTEN}
    if not job.params["dry_run"]:
        await _write(tx, actor, batch)
    candidates = await customers.list_candidates(tx, list(written.values()))
    formulas = sum(row.formulas for row in prepared.batch.rows)
    await imports.add_outcomes(
        tx, job.id, outcomes, candidates, formulas, keep_before=not job.params["dry_run"]
    )  # fmt: skip
    return outcomes


WRITTEN = (OPENED, UPDATED)


async def _write(tx: Transaction, actor: Actor, batch: ImportBatch) -> None:
    added = batch.registration
    await registration.add_files(tx, list(added.opened.values()))
    await registration.complete_stubs(tx, list(added.completed.values()))
    await customers.save_files(tx, list(batch.amended.values()), batch.originals)
    for file, fields in batch.edited:
        await note_edited(tx, file, fields)
    await add_sources(tx, added.sources)
    opened, changed = [*added.opened, *added.completed], list(batch.amended)
    if opened:
        await add_access(tx, actor, "opened", opened)
    if changed:
        await add_access(tx, actor, "changed", changed)
    announce(tx, [*added.events, *batch.events])


async def _parts_of(context: JobContext, job: Job) -> list[PartRow]:
    """The file's parts, read once for the whole import by each process; a file that was deleted ends the import."""

    async def read(tx: Transaction) -> list[PartRow]:
        file = await load_ready_file(tx, UUID(job.params["file_id"]))
        return await list_parts(tx, file.id)

    return await context.database.run(read)


def _without_unknown_sources(batch: RowBatch, known: dict[tuple[str, str], bool]) -> RowBatch:
    """Rows whose source nobody registered are refused; the registry keeps no ids for them."""
    reason = Reason("unknown_source", "source", "No such source is registered.")
    rows = [
        replace(row, request=reason)
        if not isinstance(row.request, Reason)
        and row.request.reference is not None
        and not known[row.request.reference.source, row.request.reference.ref]
        else row
        for row in batch.rows
    ]
    return replace(batch, rows=rows)


async def forget_old_imports(tx: Transaction, context: Any) -> None:
    """At each look: delete rows of imports whose time has come."""
    await imports.forget_expired(tx)


def customer_imports(read_content: ReadContent) -> JobKind:
    """The kind of job; `read_content` is the interface's shape of a file."""
    return JobKind(take_batch, prepare=partial(prepare_batch, read_content), when_due=forget_old_imports)
