"""An export as a job: page by page, each a part of its file; then the digest over all of it (P12)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.profile_svc.exports import repository
from services.profile_svc.exports.domain import ExportRequest, header, page
from services.profile_svc.imports.handlers.actors import actor_again, kept_actor
from services.profile_svc.references.domain import Reference
from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.errors import DomainError
from shared.files import PartRow, file_store, open_generated_file, read_range
from shared.files.media_types import CSV, NDJSON
from shared.files.repository import add_part_row, list_parts, save_complete
from shared.files.writing import digest_of, put_part
from shared.jobs import Done, Failed, Job, JobContext, JobKind, Outcome, request_job
from shared.messaging import Transaction, new_id
from shared.messaging.faults import point

KIND = "customer_export"
AREA = "customer_exports"
PAGE = 200  # as many customers as the registry is asked for at once


async def request_export(
    tx: Transaction, actor: Actor, wanted: ExportRequest, keep: timedelta
) -> tuple[repository.CustomerExport, Job]:
    """The export and its job."""
    media_type = CSV if wanted.format == "csv" else NDJSON
    file = await open_generated_file(
        tx, area=AREA, owner=actor.client, expires_at=tx.at + keep, name=f"customers-{tx.at:%Y-%m-%d}.{wanted.format}",
        media_type=media_type,
    )  # fmt: skip
    params = {"file_id": file.id, "actor": kept_actor(actor)}
    job = await request_job(tx, KIND, params, by=actor.subject, job_id=new_id())
    await repository.add_export(tx, job.id, file.id, actor.client, wanted.layout(), file.expires_at)
    return await repository.load_export(tx, job.id)


@dataclass(frozen=True, slots=True)
class PreparedPage:
    """A page that lies in the store, still without a row; or the digest over all of them."""

    part: PartRow | None
    digest: bytes  # of the part; of the whole file in the last step
    customer_ids: tuple[UUID, ...] = ()
    is_last: bool = False


async def prepare_page(context: JobContext, job: Job) -> PreparedPage | DomainError:
    """Outside of the step's transaction: read the next customers and put them into the store as a part."""
    store, file_id = file_store(context.settings), UUID(job.params["file_id"])
    place = job.cursor or {"after": None, "size": 0, "complete": False}
    if place["complete"]:
        parts = await context.database.run(lambda tx: list_parts(tx, file_id))
        return PreparedPage(None, await digest_of(read_range(store, parts)))
    try:
        export, _ = await context.database.run(lambda tx: repository.load_export(tx, job.id))
    except DomainError as refusal:
        return refusal
    wanted = ExportRequest(**(export.layout or {}))
    actor = actor_again(job.params["actor"])
    after = None if place["after"] is None else UUID(place["after"])
    files = await context.database.run(lambda tx: repository.list_page(tx, actor, wanted.filters, after, PAGE))
    references = await _first_references(context, [file.id for file in files], wanted)
    content = b"" if place["size"] else header(wanted)
    content += page([(file, references.get(file.id)) for file in files], wanted)
    ids, is_last = tuple(file.id for file in files), len(files) < PAGE
    if not content:
        return PreparedPage(None, b"", ids, is_last)
    part, digest = await put_part(store, file_id, place["size"], content)
    point("exports.after_part")
    return PreparedPage(part, digest, ids, is_last)


async def write_page(tx: Transaction, job: Job, prepared: PreparedPage | DomainError) -> Outcome:
    """The step: the part gets its row and each customer in it its line in the trail; or the file is ready."""
    if isinstance(prepared, DomainError):
        return Failed(prepared.code)
    file_id = UUID(job.params["file_id"])
    place = job.cursor or {"after": None, "size": 0, "complete": False}
    if place["complete"]:
        await save_complete(tx, file_id, prepared.digest)
        return Done()
    size = place["size"]
    if prepared.part is not None:
        await add_part_row(tx, file_id, prepared.part, prepared.digest)
        size += prepared.part.size
    if prepared.customer_ids:
        actor = actor_again(job.params["actor"])
        await add_access(tx, actor, "exported", prepared.customer_ids, subject=str(file_id))
    after = str(prepared.customer_ids[-1]) if prepared.customer_ids else place["after"]
    cursor = {"after": after, "size": size, "complete": prepared.is_last}
    return job.next(cursor, done=len(prepared.customer_ids))


async def _first_references(context: JobContext, ids: list[UUID], wanted: ExportRequest) -> dict[UUID, Reference]:
    """By customer the first of its references, where the file has a column for it; the registry keeps them."""
    if not ids or not {"source", "ref"} & set(wanted.fields):
        return {}
    query = {"customer_id": [str(id) for id in ids]}
    answer = await context.clients.get_json("gateway", "/internal/references", query)
    references: dict[UUID, Reference] = {}
    for entry in sorted(answer["items"], key=lambda entry: (entry["source"], entry["ref"])):
        references.setdefault(UUID(entry["customer_id"]), Reference(entry["source"], entry["ref"]))
    return references


async def forget_old_exports(tx: Transaction, context: Any) -> None:
    """At each look: delete exports whose time has come."""
    await repository.forget_expired(tx)


CUSTOMER_EXPORTS = JobKind(write_page, prepare=prepare_page, when_due=forget_old_exports)
