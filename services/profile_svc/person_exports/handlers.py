"""A person's export is asked for, collected from all services by a job, and fetched once (P13)."""

import json
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from services.profile_svc.files.repository import customer_files
from services.profile_svc.person_exports import repository
from services.profile_svc.person_exports.repository import PersonExport
from shared.chassis import Actor
from shared.chassis.audit import add_access, name_in_trail
from shared.customers import list_members
from shared.erasure import PersonalData, is_erased
from shared.erasure.http import read_held
from shared.errors import conflict, not_found
from shared.jobs import Done, Failed, Job, JobContext, JobKind, Outcome, load_job, request_job
from shared.messaging import Transaction, new_id

KIND = "person_export"
SERVICES = ("profile", "gateway", "tiering", "complaint", "loyalty")
EXPIRES_AFTER = timedelta(days=1)


async def request_export(tx: Transaction, actor: Actor, customer_id: UUID) -> tuple[PersonExport, Job]:
    """Ask for all that is held of a customer and of those it is one with. 404 for one that is not known."""
    await customer_files.load_file(tx, customer_id, actor)
    members = (await list_members(tx, [customer_id]))[customer_id]
    who = name_in_trail(actor)
    export = PersonExport(new_id(), customer_id, who, tx.at + EXPIRES_AFTER, None)
    pages = [[str(member), service] for member in members for service in SERVICES]
    job = await request_job(
        tx, KIND, {"pages": pages}, by=who, job_id=export.id, lane=f"{KIND}:{export.id}", total=len(pages)
    )  # fmt: skip
    await repository.add_export(tx, export)
    await add_access(tx, actor, "exported", members)
    return export, job


async def ask_next_page(data: PersonalData, context: JobContext, job: Job) -> Any:
    """The next page of what a service holds, as it tells it; of profile's own tables (`data`) as they stand."""
    place, cursor = (0, None) if job.cursor is None else (job.cursor["place"], job.cursor["cursor"])
    customer_id, service = job.params["pages"][place]
    if service == data.service:
        async with context.database.transaction() as tx:
            page = await read_held(tx, data, UUID(customer_id), cursor)
        return page.model_dump()
    query = {} if cursor is None else {"cursor": cursor}
    return await context.clients.get_json(service, f"/internal/personal-data/{customer_id}", query)


async def keep_next_page(tx: Transaction, job: Job, page: Any) -> Outcome:
    """A step: keep the page that was told, and the place of the next one."""
    place = 0 if job.cursor is None else job.cursor["place"]
    customer_id, service = job.params["pages"][place]
    if await is_erased(tx, UUID(customer_id)):
        return Failed("customer_erased")
    content = json.dumps({"customer_id": customer_id, "rows": page["rows"]}, ensure_ascii=False)
    await repository.add_part(tx, job.id, job.steps, service, content)
    if page["next"] is not None:
        return job.next({"place": place, "cursor": page["next"]})
    if place + 1 < len(job.params["pages"]):
        return job.next({"place": place + 1, "cursor": None}, done=1)
    return Done(1)


async def delete_expired_exports(tx: Transaction, _context: JobContext) -> None:
    """What nobody fetched within its day goes."""
    await repository.delete_expired(tx)


async def fetch_export(tx: Transaction, actor: Actor, customer_id: UUID, export_id: UUID) -> bytes:
    """The document, once. 404 `export_not_found` when it is not there for this actor, was fetched or has expired; 409
    `export_not_ready` while the job runs, or has failed."""
    await customer_files.get_file(tx, customer_id, actor)
    export = await repository.load_export(tx, customer_id, export_id, name_in_trail(actor))
    if export.fetched_at is not None or export.expires_at <= tx.at:
        raise not_found("export_not_found", "There is no such export.")
    job = await load_job(tx, export_id, KIND)
    if job.status != "done":
        raise conflict("export_not_ready", "The export is not ready.", run_status=job.status)
    parts = await repository.take_parts(tx, export_id)
    await add_access(tx, actor, "fetched_export", [customer_id])
    customers: dict[str, dict[str, dict[str, list[Any]]]] = {}
    for service, content in parts:
        part = json.loads(content)
        tables = customers.setdefault(part["customer_id"], {}).setdefault(service, {})
        for table, rows in part["rows"].items():
            tables.setdefault(table, []).extend(json.loads(row) for row in rows)
    document = {"customer_id": str(customer_id), "exported_at": tx.at.isoformat(), "customers": customers}
    return json.dumps(document, ensure_ascii=False).encode()


def person_exports(data: PersonalData) -> JobKind:
    """How exports are done; `data`: what profile says of its own tables."""
    return JobKind(keep_next_page, prepare=partial(ask_next_page, data), when_due=delete_expired_exports)
