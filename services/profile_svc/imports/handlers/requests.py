"""An import is asked for: what can be told from the file's beginning is refused at once, the rest is a job's."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from services.profile_svc.imports.domain.columns import check_constants, targets_of
from services.profile_svc.imports.domain.import_request import ImportRequest
from services.profile_svc.imports.domain.records import (
    BOM,
    ENCODINGS,
    Encoding,
    broken_encoding,
    cells_of,
    decode,
    find_delimiter,
    split_records,
)
from services.profile_svc.imports.handlers import reversals, steps
from services.profile_svc.imports.handlers.actors import kept_actor
from services.profile_svc.imports.repository import imports
from shared.chassis import Actor
from shared.errors import DomainError, conflict, invalid
from shared.files import FileStore, read_bytes
from shared.files.media_types import CSV, NDJSON, PLAIN
from shared.files.repository import list_parts
from shared.files.uploads import load_ready_upload
from shared.jobs import Job, cancel_job, request_job
from shared.messaging import Transaction, new_id

HEAD_BYTES = 256 * 1024
MEDIA_TYPES = {"csv": (CSV, PLAIN), "ndjson": (NDJSON,)}


async def request_import(
    tx: Transaction, store: FileStore, actor: Actor, wanted: ImportRequest, keep: timedelta
) -> tuple[imports.CustomerImport, Job]:
    """The import and its job. Refused at once: a file that is not theirs or not of the format, a header with columns
    that are not known, and a beginning that is not text of the encoding."""
    file = await load_ready_upload(tx, wanted.upload_id, actor, *MEDIA_TYPES[wanted.format])
    parts = await list_parts(tx, file.id)
    head = await read_bytes(store, parts, 0, min(file.received, HEAD_BYTES))
    layout: dict[str, object] = {
        "format": wanted.format,
        "encoding": wanted.encoding,
        "delimiter": wanted.delimiter or ",",
        "header": ["line"],
        "targets": [],
        "constants": check_constants(wanted.constants),
        "data_offset": len(BOM) if head.startswith(BOM) else 0,
    }
    params: dict[str, object] = {
        "file_id": file.id,
        "dry_run": wanted.dry_run,
        "on_existing": wanted.on_existing,
        "actor": kept_actor(actor),
    }
    if wanted.format == "csv":
        layout |= read_header(
            head, wanted.encoding, wanted.delimiter, wanted.mapping, whole=file.received <= HEAD_BYTES
        )
    elif wanted.encoding == "gb18030":
        raise invalid("encoding_not_of_this_format", "NDJSON is UTF-8.", pointer="/encoding")
    else:
        layout["encoding"] = "utf-8"
    job = await request_job(tx, steps.KIND, params, by=actor.subject, job_id=new_id())
    await imports.add_import(
        tx, job.id, file.id, actor.client, layout, dry_run=wanted.dry_run, expires_at=tx.at + keep
    )  # fmt: skip
    return await imports.load_import(tx, job.id)


def read_header(
    head: bytes, encoding: Encoding | None, delimiter: str | None, mapping: Mapping[str, str | None] | None,
    *, whole: bool,
) -> dict[str, object]:  # fmt: skip
    """What the first row says: `delimiter`, `targets` (the field of each column), `header`, and where data begins."""
    start = len(BOM) if head.startswith(BOM) else 0
    record = next(iter(split_records(head[start:], start, is_last=whole, quoted=True)), None)
    if record is None:
        raise invalid("no_header", "The file has no header row.", pointer="/upload_id")
    text = None
    failure: DomainError | None = None
    for possible in ENCODINGS if encoding is None else (encoding,):
        try:
            text = decode(record, possible)
            break
        except DomainError as refusal:
            failure = failure or broken_encoding(possible, int(refusal.facts["byte"]), 1)
    if text is None:
        assert failure is not None
        raise failure
    used = delimiter or find_delimiter(text)
    header = [cell.strip() for cell in cells_of(text, used)]
    if not any(header):
        raise invalid("no_header", "The file has no header row.", pointer="/upload_id")
    return {
        "delimiter": used, "targets": targets_of(header, mapping), "header": header, "data_offset": record.end
    }  # fmt: skip


async def request_reversal(tx: Transaction, import_id: UUID, actor: Actor, owner: str | None) -> Job:
    """The job that undoes an import that has come to its end: 409 `not_finished`, `dry_run_changes_nothing` or
    `already_reversed`."""
    imported, job = await imports.load_import(tx, import_id, owner, lock=True)
    if imported.dry_run:
        raise conflict("dry_run_changes_nothing", "A dry run has changed nothing that could be undone.")
    if not job.finished:
        raise conflict("not_finished", "Cancel the import first, or wait for its end.", run_status=job.status)
    if imported.reversal_id is not None:
        raise conflict("already_reversed", "The import is being undone, or has been.")
    params = {"import_id": import_id, "actor": kept_actor(actor)}
    total = imported.opened + imported.updated
    reversal = await request_job(tx, reversals.KIND, params, by=actor.subject, total=total)
    await imports.save_reversal_job(tx, import_id, reversal.id)
    return reversal


async def cancel_import(tx: Transaction, import_id: UUID, actor: Actor, owner: str | None) -> None:
    """End an import that is under way; the rows so far stay, and can be undone."""
    await imports.load_import(tx, import_id, owner, lock=True)
    await cancel_job(tx, import_id, by=actor.subject, kind=steps.KIND)
