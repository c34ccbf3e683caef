"""Customer exports over HTTP: asked for, watched, fetched, cancelled (P12)."""

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request, Response

from services.profile_svc.dependencies import CurrentSettings, settings_of
from services.profile_svc.exports import handlers, repository
from services.profile_svc.exports.schemas import CustomerExportCreate, CustomerExportRead
from shared.chassis import (
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Service,
    Tx,
    allow,
    page_of,
    read_cursor,
    sends,
    service_router,
    staff_only,
)
from shared.chassis.audience import hidden_fields
from shared.chassis.http.streaming import streaming_router
from shared.errors import conflict, invalid, not_found
from shared.files import file_store
from shared.files.download import send_file
from shared.files.repository import load_ready_file
from shared.files.uploads import ANY_BYTES
from shared.jobs import cancel_job

router = service_router(prefix="/v1", tags=["imports"], dependencies=[allow("customers:read"), staff_only])
streams = streaming_router(prefix="/v1", tags=["imports"])


@router.post("/customer-exports", status_code=202, responses={202: sends("Location")})
async def export_customers(
    body: CustomerExportCreate, tx: Tx, actor: CurrentActor, settings: CurrentSettings, response: Response
) -> CustomerExportRead:
    """Write customers into a file, in the background: those that one may see, with the fields that one may see."""
    if body.format == "ndjson" and body.encoding != "utf-8":
        raise invalid("encoding_not_of_this_format", "NDJSON is UTF-8.", pointer="/encoding")
    keep = timedelta(days=settings.keep_files_days)
    export, job = await handlers.request_export(tx, actor, body.request(hidden_fields(actor)), keep)
    response.headers["Location"] = f"/v1/customer-exports/{export.id}"
    return CustomerExportRead.of(export, job)


@router.get("/customer-exports")
async def list_customer_exports(
    tx: Tx, actor: CurrentActor, cursor: Cursor = None, limit: Limit = 50
) -> Page[CustomerExportRead]:
    """One's own exports, newest first, as long as they can be fetched."""
    exports = await repository.list_exports(tx, actor.client, read_cursor(cursor, datetime, UUID), limit + 1)
    shown = [CustomerExportRead.of(*each) for each in exports]
    return page_of(shown, limit, lambda export: (export.requested_at, export.id))


@router.get("/customer-exports/{export_id}")
async def read_customer_export(export_id: Id, tx: Tx, actor: CurrentActor) -> CustomerExportRead:
    """How far one's own export is."""
    return CustomerExportRead.of(*await repository.load_export(tx, export_id, actor.client))


@router.post("/customer-exports/{export_id}/cancellation")
async def cancel_customer_export(export_id: Id, tx: Tx, actor: CurrentActor) -> CustomerExportRead:
    """End an export that is under way; there will be no file."""
    await repository.load_export(tx, export_id, actor.client)
    await cancel_job(tx, export_id, by=actor.subject, kind=handlers.KIND)
    return CustomerExportRead.of(*await repository.load_export(tx, export_id))


@streams.get(
    "/customer-exports/{export_id}/file",
    dependencies=[allow("customers:read")],
    response_class=Response,
    responses={
        200: sends("ETag", "Accept-Ranges", "Content-Disposition") | ANY_BYTES,
        206: sends("ETag", "Content-Range", "Content-Disposition") | ANY_BYTES | {"description": "a range"},
    },
)
async def fetch_customer_export(export_id: Id, request: Request, actor: CurrentActor) -> Response:
    """The file of one's own export: whole, or the range that `Range` and `If-Range` ask for."""
    if actor.source is not None:
        raise not_found("not_found", "There is nothing here.")
    service: Service = request.app.state.service
    export, job = await service.database.run(lambda tx: repository.load_export(tx, export_id, actor.client))
    if not job.finished:
        raise conflict("not_finished", "The file is still being written.", run_status=job.status)
    file = await service.database.run(lambda tx: load_ready_file(tx, export.file_id))
    return await send_file(request, service.database, file_store(settings_of(request)), file)
