"""Files over HTTP: opened by hand, read, amended (P1)."""

from typing import Annotated

from fastapi import Query, Request, Response

from services.profile_svc.dependencies import CurrentSettings
from services.profile_svc.files.handlers.amendment import amend_customer_file
from services.profile_svc.files.handlers.registration import register_customer
from services.profile_svc.files.repository import customer_files
from services.profile_svc.files.schemas import (
    CustomerCreate,
    CustomerRead,
    CustomerUpdate,
    show_combined_file,
    show_file,
    with_look_alikes,
)
from services.profile_svc.references.dependencies import CurrentRegistry, CustomerReferences
from services.profile_svc.references.domain import references_for
from shared.chassis import (
    CurrentActor,
    Id,
    IfMatch,
    Tx,
    allow,
    require_unchanged,
    sends,
    service_router,
    show_etag,
)
from shared.chassis.audit import add_access
from shared.chassis.http.routing import current_transaction

RefuseDuplicates = Annotated[
    bool, Query(description="true: a file that looks like another customer's is not opened: 409 looks_like_another")
]

router = service_router(prefix="/v1", tags=["customers"])


@router.post(
    "/customers", status_code=201, response_model_exclude_none=True, dependencies=[allow("customers:write")],
    responses={201: sends("ETag", "Location")},
)  # fmt: skip
async def open_customer(
    body: CustomerCreate,
    request: Request,
    response: Response,
    actor: CurrentActor,
    registry: CurrentRegistry,
    settings: CurrentSettings,
    refuse_duplicates: RefuseDuplicates = False,
) -> CustomerRead:
    """A new file, or the stub of the given id, completed. A reference comes with the id that intake keeps for it. What
    the file looks like is in the answer."""
    registered = [] if body.id is None else await registry.list_of_customers([body.id])
    tx = await current_transaction(request)  # begun here, so that no connection waits for the registry
    registration = body.request()
    file, look_alikes = await register_customer(
        tx, actor, registration, regions=settings.phone_regions, refuse_duplicates=refuse_duplicates
    )
    show_etag(response, file.version)
    response.headers["Location"] = f"/v1/customers/{file.id}"
    named = () if registration.reference is None else (registration.reference,)
    shown = show_file(file, None if registered is None else references_for(actor.source, registered, *named))
    return with_look_alikes(shown, look_alikes)


@router.get(
    "/customers/{customer_id}", response_model_exclude_none=True, dependencies=[allow("customers:read")],
    responses={200: sends("ETag")},
)  # fmt: skip
async def read_customer(
    customer_id: Id, references: CustomerReferences, response: Response, tx: Tx, actor: CurrentActor
) -> CustomerRead:
    """The file, with what the outside calls its customer. Of a merged customer: one file of all its members."""
    file = await customer_files.get_file(tx, customer_id, actor)
    await add_access(tx, actor, "read", file.members)
    show_etag(response, file.edition)
    return show_combined_file(file, references)


@router.patch(
    "/customers/{customer_id}", response_model_exclude_none=True, dependencies=[allow("customers:write")],
    responses={200: sends("ETag")},
)  # fmt: skip
async def amend_customer(
    customer_id: Id,
    body: CustomerUpdate,
    references: CustomerReferences,
    response: Response,
    tx: Tx,
    actor: CurrentActor,
    settings: CurrentSettings,
    if_match: IfMatch = None,
) -> CustomerRead:
    """Merge-patch of a file under If-Match: the version that the caller has seen. Of a merged one, the root's."""
    file = await customer_files.load_file(tx, customer_id, actor)
    require_unchanged(if_match, file.edition, demanded=True)
    amended = await amend_customer_file(
        tx, actor, file, body.kind, body.facts(), regions=settings.phone_regions
    )  # fmt: skip
    show_etag(response, amended.edition)
    return show_combined_file(amended, references)
