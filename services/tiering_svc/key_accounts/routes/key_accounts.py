"""Key accounts (T8): nominated, decided by another person, listed as of any instant; and the rules around them."""

from typing import Annotated

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, instant_or_now
from services.tiering_svc.customers.repository import list_sources
from services.tiering_svc.key_accounts.handlers import key_accounts as handlers
from services.tiering_svc.key_accounts.repository import key_accounts
from services.tiering_svc.key_accounts.repository.rules import KEY_ACCOUNT_RULES
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
    ApprovalCreate,
    KeyAccountKindCode,
    KeyAccountRulesDocument,
    NominationCreate,
    NominationRead,
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
from shared.rule_sets import rule_set_routes

router = service_router(prefix="/v1/key-accounts", tags=["key accounts"], dependencies=[staff_only, visible_nomination])
rules = rule_set_routes(
    KEY_ACCOUNT_RULES,
    "/v1/key-account-rules",
    KeyAccountRulesDocument,
    singular="key_account_rules",
    tags=["key accounts"],
    read="tiers:read",
    dependencies=[staff_only],
)

KeyAccountKindFilter = Annotated[KeyAccountKindCode | None, Query()]


@router.get("", dependencies=[allow("tiers:read")])
async def list_key_accounts(
    tx: Tx,
    actor: CurrentActor,
    kind: KeyAccountKindFilter = None,
    as_of: AsOf = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AccountClassRead]:
    """Who is a key account, or was at an instant."""
    return await page_of_classes(tx, actor, "key", kind, instant_or_now(as_of, tx, "/as_of"), cursor, limit)


@router.post("/nominations", status_code=201, dependencies=[allow("policies:write", "team:write")])
async def nominate_key_account(body: NominationCreate, tx: Tx, actor: CurrentActor) -> NominationRead:
    """Nominate a key account. Another person decides.

    What the nominator says is kept beside the values of all indicators at this instant.
    """
    await visible_customer(tx, actor, body.customer_id, list_sources)
    evidence = evidence_of(body.evidence)
    nomination = await handlers.nominate(tx, body.customer_id, "key", body.kinds, body.reason, evidence, actor.subject)
    return nomination_read(nomination, hidden_fields(actor))


@router.get("/nominations", dependencies=[allow("tiers:read")])
async def list_key_account_nominations(
    tx: Tx,
    actor: CurrentActor,
    status: NominationStatusFilter = None,
    customer_id: CustomerFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[NominationRead]:
    """Nominations of key accounts, newest first."""
    return await page_of_nominations(tx, actor, "key", status, customer_id, cursor, limit)


@router.get("/nominations/{nomination_id}", dependencies=[allow("tiers:read")])
async def show_key_account_nomination(nomination_id: Id, tx: Tx, actor: CurrentActor) -> NominationRead:
    """A nomination of a key account with its evidence, and what was decided."""
    nomination = await key_accounts.find_nomination(tx, nomination_id, "key")
    return nomination_read(nomination, hidden_fields(actor))


@router.post("/nominations/{nomination_id}/approval", dependencies=[allow("policies:approve")])
async def approve_key_account(
    nomination_id: Id, tx: Tx, actor: CurrentActor, body: ApprovalCreate | None = None
) -> NominationRead:
    """Make a customer a key account, by somebody else than who nominated.

    One that meets a disqualifying rule needs a reason to set it aside.
    """
    approval = body or ApprovalCreate()
    nomination = await handlers.approve_nomination(
        tx, nomination_id, "key", actor.subject, approval.note, approval.override_reason
    )
    return nomination_read(nomination, hidden_fields(actor))


@router.post("/nominations/{nomination_id}/rejection", dependencies=[allow("policies:approve")])
async def reject_key_account(nomination_id: Id, body: RejectionCreate, tx: Tx, actor: CurrentActor) -> NominationRead:
    """Refuse a nomination of a key account, by somebody else than who nominated."""
    nomination = await handlers.reject_nomination(tx, nomination_id, "key", actor.subject, body.note)
    return nomination_read(nomination, hidden_fields(actor))


@router.post("/nominations/{nomination_id}/cancellation", dependencies=[allow("policies:write", "team:write")])
async def cancel_key_account_nomination(nomination_id: Id, tx: Tx, actor: CurrentActor) -> NominationRead:
    """Take back a nomination of a key account, by who nominated, while it waits."""
    nomination = await handlers.cancel_nomination(tx, nomination_id, "key", actor.subject)
    return nomination_read(nomination, hidden_fields(actor))
