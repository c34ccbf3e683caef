"""A person's export over HTTP (P13): asked for, followed, fetched once by who asked."""

from fastapi import Response

from services.profile_svc.files.repository import customer_files
from services.profile_svc.person_exports import handlers, repository
from services.profile_svc.person_exports.schemas import PersonExportRead, show_export
from shared.chassis import CurrentActor, Id, Tx, allow, service_router, staff_only
from shared.chassis.audit import name_in_trail
from shared.jobs import load_job

router = service_router(prefix="/v1/customers/{customer_id}/export", tags=["privacy"])

WRITE = [allow("privacy:write"), staff_only]


@router.post("", status_code=202, dependencies=WRITE)
async def request_person_export(customer_id: Id, tx: Tx, actor: CurrentActor) -> PersonExportRead:
    """Ask for all that every service holds of the customer, and of those it is one with, as one JSON document."""
    return show_export(*await handlers.request_export(tx, actor, customer_id))


@router.get("/{export_id}", dependencies=WRITE)
async def read_person_export(customer_id: Id, export_id: Id, tx: Tx, actor: CurrentActor) -> PersonExportRead:
    """How far an export is. Only for who asked for it."""
    await customer_files.get_file(tx, customer_id, actor)
    export = await repository.load_export(tx, customer_id, export_id, name_in_trail(actor))
    return show_export(export, await load_job(tx, export_id, handlers.KIND))


@router.get(
    "/{export_id}/content",
    dependencies=WRITE,
    response_class=Response,
    responses={200: {"description": "The document.", "content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def fetch_person_export(customer_id: Id, export_id: Id, tx: Tx, actor: CurrentActor) -> Response:
    """The document: customer -> service -> table -> rows. Once, and only for who asked for it."""
    content = await handlers.fetch_export(tx, actor, customer_id, export_id)
    return Response(content, media_type="application/json")
