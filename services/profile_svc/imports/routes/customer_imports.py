"""Customer imports over HTTP: asked for, watched, their refused rows fetched, cancelled, undone (P12)."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from starlette.responses import StreamingResponse

from services.profile_svc.dependencies import CurrentSettings
from services.profile_svc.imports.handlers import requests
from services.profile_svc.imports.handlers.error_file import error_rows
from services.profile_svc.imports.repository import imports
from services.profile_svc.imports.schemas import CustomerImportCreate, CustomerImportRead, ImportRowRead, Outcome
from services.profile_svc.imports.texts import say_reason
from shared.chassis import (
    Actor,
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
from shared.chassis.http.streaming import streaming_router
from shared.errors import not_found
from shared.files import file_store
from shared.jobs.http import JobRead, job_fields
from shared.texts import Language

router = service_router(prefix="/v1", tags=["imports"], dependencies=[allow("customers:write"), staff_only])
streams = streaming_router(prefix="/v1", tags=["imports"])

AskedLanguage = Annotated[Language, Query(description="of the reasons")]


def owner_in(actor: Actor) -> str | None:
    """Whose imports the actor sees: its own; all of them as an administrator."""
    return None if "admin" in actor.roles else actor.client


@router.post("/customer-imports", status_code=202, responses={202: sends("Location")})
async def import_customers(
    body: CustomerImportCreate, tx: Tx, actor: CurrentActor, settings: CurrentSettings, response: Response
) -> CustomerImportRead:
    """Read customers from an uploaded file, in the background. A wrong header is refused at once; a file of which a
    single byte is broken is refused as a whole, before a row is written; a row that is not right stops no other."""
    keep = timedelta(days=settings.keep_imports_days)
    imported, job = await requests.request_import(tx, file_store(settings), actor, body.request(), keep)
    response.headers["Location"] = f"/v1/customer-imports/{imported.id}"
    return CustomerImportRead.of(imported, job)


@router.get("/customer-imports")
async def list_customer_imports(
    tx: Tx, actor: CurrentActor, cursor: Cursor = None, limit: Limit = 50
) -> Page[CustomerImportRead]:
    """One's own imports, newest first; an administrator sees everybody's."""
    before = read_cursor(cursor, datetime, UUID)
    imported = await imports.list_imports(tx, owner_in(actor), before, limit + 1)
    return page_of(
        [CustomerImportRead.of(*each) for each in imported], limit, lambda shown: (shown.requested_at, shown.id)
    )  # fmt: skip


@router.get("/customer-imports/{import_id}")
async def read_customer_import(import_id: Id, tx: Tx, actor: CurrentActor) -> CustomerImportRead:
    """How far an import is, and what became of its rows so far."""
    return CustomerImportRead.of(*await imports.load_import(tx, import_id, owner_in(actor)))


@router.get("/customer-imports/{import_id}/rows")
async def list_import_rows(
    import_id: Id,
    tx: Tx,
    actor: CurrentActor,
    outcome: Annotated[Outcome | None, Query(description="only rows that ended so")] = None,
    candidates: Annotated[bool, Query(description="true: only customers who look like somebody else")] = False,
    kept: Annotated[bool, Query(description="true: only what was kept when the import was undone")] = False,
    language: AskedLanguage = "en",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ImportRowRead]:
    """What became of each row, in the order of the file."""
    await imports.load_import(tx, import_id, owner_in(actor))
    place = read_cursor(cursor, int)
    after = 0 if place is None else place[0]
    rows = await imports.list_rows(
        tx, import_id, after, limit + 1, outcome=outcome, kept=kept, candidates=candidates
    )  # fmt: skip
    shown = [
        ImportRowRead.of(row, None if row.code is None else say_reason(language, row.code, row.detail)) for row in rows
    ]
    return page_of(shown, limit, lambda row: (row.row,))


@router.post("/customer-imports/{import_id}/cancellation")
async def cancel_customer_import(import_id: Id, tx: Tx, actor: CurrentActor) -> CustomerImportRead:
    """End an import that is under way. The rows so far stay, and can be undone."""
    await requests.cancel_import(tx, import_id, actor, owner_in(actor))
    return CustomerImportRead.of(*await imports.load_import(tx, import_id))


@router.post("/customer-imports/{import_id}/reversal", status_code=202)
async def undo_customer_import(import_id: Id, tx: Tx, actor: CurrentActor) -> JobRead:
    """Undo an import: files that it opened become empty stubs, files that it changed say what they said before. Kept
    are customers whose file was changed since, and new ones who have facts of their own by now."""
    return JobRead(**job_fields(await requests.request_reversal(tx, import_id, actor, owner_in(actor))))


@streams.get(
    "/customer-imports/{import_id}/errors",
    dependencies=[allow("customers:write")],
    response_class=Response,
    responses={
        200: {
            "content": {"text/csv": {"schema": {"type": "string", "description": "a row for each that was refused"}}},
            "description": "the refused rows with their reasons",
        }
    },
)
async def read_refused_rows(
    import_id: Id, request: Request, actor: CurrentActor, language: AskedLanguage = "en"
) -> Response:
    """The refused rows as CSV: what each said and why it was refused, in the language asked for. Mended, the file can
    be imported with the same mapping."""
    if actor.source is not None:
        raise not_found("not_found", "There is nothing here.")
    service: Service = request.app.state.service
    imported, _ = await service.database.run(lambda tx: imports.load_import(tx, import_id, owner_in(actor)))
    layout = imported.layout or {"header": ["line"], "delimiter": ","}
    rows = error_rows(service.database, imported.id, layout["header"], layout["delimiter"], language)
    headers = {"Content-Disposition": f'attachment; filename="refused-{imported.id}.csv"'}
    return StreamingResponse(rows, 200, headers, media_type="text/csv; charset=utf-8")
