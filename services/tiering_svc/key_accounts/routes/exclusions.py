"""Exclusions (T8): customers that are not served; nominated, decided by another person, listed as of any instant."""

from services.tiering_svc.core.dependencies import AsOf, instant_or_now
from services.tiering_svc.customers.repository import list_sources
from services.tiering_svc.key_accounts.handlers import key_accounts as handlers
from services.tiering_svc.key_accounts.repository import key_accounts
from services.tiering_svc.key_accounts.routes.nominations import (
    CustomerFilter,
    NominationStatusFilter,
    evidence_of,
    page_of_classes,
    page_of_nominations,
    visible_nomination,
)
from services.tiering_svc.key_accounts.routes.reads import nomination_read
from services.tiering_svc.key_accounts.schemas import (
    AccountClassRead,
    ExclusionCreate,
    NominationRead,
    NoteCreate,
    RejectionCreate,
)
from shared.chassis import (
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    service_router,
    staff_only,
    visible_customer,
)
from shared.chassis.audience import hidden_fields

router = service_router(prefix="/v1/exclusions", tags=["key accounts"], dependencies=[staff_only, visible_nomination])


@router.get("", dependencies=[allow("tiers:read")])
async def list_exclusions(
    tx: Tx, actor: CurrentActor, as_of: AsOf = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[AccountClassRead]:
    """Who is excluded, or was at an instant."""
    return await page_of_classes(tx, actor, "excluded", None, instant_or_now(as_of, tx, "/as_of"), cursor, limit)


@router.post("/nominations", status_code=201, dependencies=[allow("policies:write", "team:write")])
async def nominate_exclusion(body: ExclusionCreate, tx: Tx, actor: CurrentActor) -> NominationRead:
    """Propose not to serve a customer any more. Another person decides."""
    await visible_customer(tx, actor, body.customer_id, list_sources)
    evidence = evidence_of(body.evidence)
    nomination = await handlers.nominate(tx, body.customer_id, "excluded", (), body.reason, evidence, actor.subject)
    return nomination_read(nomination, hidden_fields(actor))


@router.get("/nominations", dependencies=[allow("tiers:read")])
async def list_exclusion_nominations(
    tx: Tx,
    actor: CurrentActor,
    status: NominationStatusFilter = None,
    customer_id: CustomerFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[NominationRead]:
    """Nominations for exclusion, newest first."""
    return await page_of_nominations(tx, actor, "excluded", status, customer_id, cursor, limit)


@router.get("/nominations/{nomination_id}", dependencies=[allow("tiers:read")])
async def show_exclusion_nomination(nomination_id: Id, tx: Tx, actor: CurrentActor) -> NominationRead:
    """A nomination for exclusion with its evidence, and what was decided."""
    nomination = await key_accounts.find_nomination(tx, nomination_id, "excluded")
    return nomination_read(nomination, hidden_fields(actor))


@router.post("/nominations/{nomination_id}/approval", dependencies=[allow("policies:approve")])
async def approve_exclusion(
    nomination_id: Id, tx: Tx, actor: CurrentActor, body: NoteCreate | None = None
) -> NominationRead:
    """Exclude a customer, by somebody else than who nominated. A key account ends with it."""
    note = None if body is None else body.note
    nomination = await handlers.approve_nomination(tx, nomination_id, "excluded", actor.subject, note, None)
    return nomination_read(nomination, hidden_fields(actor))


@router.post("/nominations/{nomination_id}/rejection", dependencies=[allow("policies:approve")])
async def reject_exclusion(nomination_id: Id, body: RejectionCreate, tx: Tx, actor: CurrentActor) -> NominationRead:
    """Refuse a nomination for exclusion, by somebody else than who nominated."""
    nomination = await handlers.reject_nomination(tx, nomination_id, "excluded", actor.subject, body.note)
    return nomination_read(nomination, hidden_fields(actor))


@router.post("/nominations/{nomination_id}/cancellation", dependencies=[allow("policies:write", "team:write")])
async def cancel_exclusion_nomination(nomination_id: Id, tx: Tx, actor: CurrentActor) -> NominationRead:
    """Take back a nomination for exclusion, by who nominated, while it waits."""
    nomination = await handlers.cancel_nomination(tx, nomination_id, "excluded", actor.subject)
    return nomination_read(nomination, hidden_fields(actor))
