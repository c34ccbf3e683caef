"""Files over HTTP: opened by hand, read, amended (P1)."""

from fastapi import Response

from services.profile_svc.audit.repository import add_access
from services.profile_svc.dependencies import CurrentReader, CurrentSettings
from services.profile_svc.files.handlers.amendment import amend_customer_file
from services.profile_svc.files.handlers.registration import register_customer
from services.profile_svc.files.repository import customer_files
from services.profile_svc.files.schemas import CustomerCreate, CustomerRead, CustomerUpdate, show_file
from services.profile_svc.references.repository import list_references
from shared.chassis import (
    Id,
    IfMatch,
    Tx,
    allow,
    require_unchanged,
    service_router,
    show_etag,
)

router = service_router(prefix="/v1", tags=["customers"])


@router.post("/customers", status_code=201, response_model_exclude_none=True, dependencies=[allow("customers:write")])
async def open_customer(
    body: CustomerCreate, response: Response, tx: Tx, reader: CurrentReader, settings: CurrentSettings
) -> CustomerRead:
    file = await register_customer(tx, reader, body.request(), regions=settings.phone_regions)
    show_etag(response, file.version)
    response.headers["Location"] = f"/v1/customers/{file.id}"
    return show_file(file, await list_references(tx, file.id, reader))


@router.get("/customers/{customer_id}", response_model_exclude_none=True, dependencies=[allow("customers:read")])
async def read_customer(customer_id: Id, response: Response, tx: Tx, reader: CurrentReader) -> CustomerRead:
    file = await customer_files.get_file(tx, customer_id, reader)
    await add_access(tx, reader, "read", [file.id])
    show_etag(response, file.version)
    return show_file(file, await list_references(tx, file.id, reader))


@router.patch("/customers/{customer_id}", response_model_exclude_none=True, dependencies=[allow("customers:write")])
async def amend_customer(
    customer_id: Id,
    body: CustomerUpdate,
    response: Response,
    tx: Tx,
    reader: CurrentReader,
    settings: CurrentSettings,
    if_match: IfMatch = None,
) -> CustomerRead:
    file = await customer_files.load_file(tx, customer_id, reader)
    require_unchanged(if_match, file.version, demanded=True)
    amended = await amend_customer_file(
        tx, reader, file, body.kind, body.facts(), regions=settings.phone_regions
    )  # fmt: skip
    show_etag(response, amended.version)
    return show_file(amended, await list_references(tx, file.id, reader))
