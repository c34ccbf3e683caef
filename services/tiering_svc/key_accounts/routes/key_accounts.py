"""Key accounts and excluded customers (T8): nominated, decided by another person, listed as of any instant."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import AsOf, instant_or_now, not_for_partners
from services.tiering_svc.key_accounts.domain.rules import NAMES
from services.tiering_svc.key_accounts.handlers import key_accounts as handlers
from services.tiering_svc.key_accounts.repository import key_accounts
from services.tiering_svc.key_accounts.repository.rules import KEY_ACCOUNT_RULES
from services.tiering_svc.key_accounts.routes.reads import class_read, nomination_read
from services.tiering_svc.key_accounts.schemas import (
    AccountClassRead,
    ApprovalCreate,
    EvidenceWrite,
    ExclusionCreate,
    KeyAccountKindCode,
    KeyAccountRulesDocument,
    NominationCreate,
    NominationRead,
    NoteCreate,
    RejectionCreate,
    Status,
)
from shared.chassis import CurrentActor, Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router
from shared.errors import invalid
from shared.rule_sets import rule_set_routes

router = service_router(prefix="/v1/key-accounts", tags=["key accounts"], dependencies=[not_for_partners])
exclusions = service_router(prefix="/v1/exclusions", tags=["key accounts"], dependencies=[not_for_partners])
rules = rule_set_routes(
    KEY_ACCOUNT_RULES,
    "/v1/key-account-rules",
    KeyAccountRulesDocument,
    singular="key_account_rules",
    tags=["key accounts"],
    read="tiers:read",
    dependencies=[not_for_partners],
)

KeyAccountKindFilter = Annotated[KeyAccountKindCode | None, Query()]
NominationStatusFilter = Annotated[Status | None, Query()]
CustomerFilter = Annotated[Id | None, Query()]


@router.get("", dependencies=[allow("tiers:read")])
async def list_key_accounts(
    tx: Tx, kind: KeyAccountKindFilter = None, as_of: AsOf = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[AccountClassRead]:
    """Who is a key account, or was at an instant."""
    at, after = instant_or_now(as_of, tx, "/as_of"), read_cursor(cursor, UUID)
    found = await key_accounts.list_classes(tx, "key", kind, at, after[0] if after else None, limit + 1)
    return page_of([class_read(one) for one in found], limit, lambda one: (one.customer_id,))


@exclusions.get("", dependencies=[allow("tiers:read")])
async def list_exclusions(
    tx: Tx, as_of: AsOf = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[AccountClassRead]:
    """Customers who are not served any more."""
    at, after = instant_or_now(as_of, tx, "/as_of"), read_cursor(cursor, UUID)
    found = await key_accounts.list_classes(tx, "excluded", None, at, after[0] if after else None, limit + 1)
    return page_of([class_read(one) for one in found], limit, lambda one: (one.customer_id,))


@router.post("/nominations", status_code=201, dependencies=[allow("policies:write", "team:write")])
async def nominate_key_account(body: NominationCreate, tx: Tx, actor: CurrentActor) -> NominationRead:
    """What the nominator says is kept beside the values of all indicators at this instant."""
    evidence = _evidence(body.evidence)
    return nomination_read(
        await handlers.nominate(tx, body.customer_id, "key", body.kinds, body.reason, evidence, actor.subject)
    )


@exclusions.post("/nominations", status_code=201, dependencies=[allow("policies:write", "team:write")])
async def nominate_exclusion(body: ExclusionCreate, tx: Tx, actor: CurrentActor) -> NominationRead:
    """Propose not to serve a customer any more. Another person decides."""
    evidence = _evidence(body.evidence)
    return nomination_read(
        await handlers.nominate(tx, body.customer_id, "excluded", (), body.reason, evidence, actor.subject)
    )


def _evidence(said: list[EvidenceWrite]) -> list[dict[str, Any]]:
    for index, one in enumerate(said):
        if one.indicator is not None and one.indicator not in NAMES:
            raise invalid("unknown_indicator", "There is no such indicator.", pointer=f"/evidence/{index}/indicator")
    return [one.model_dump() for one in said]


async def _list(
    tx: Tx, class_code: str, status: str | None, customer_id: UUID | None, cursor: str | None, limit: int
) -> Page[NominationRead]:
    before = read_cursor(cursor, datetime, UUID)
    found = await key_accounts.list_nominations(tx, class_code, status, customer_id, before, limit + 1)
    return page_of([nomination_read(one) for one in found], limit, lambda one: (one.nominated_at, one.id))


@router.get("/nominations", dependencies=[allow("tiers:read")])
async def list_key_account_nominations(
    tx: Tx,
    status: NominationStatusFilter = None,
    customer_id: CustomerFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[NominationRead]:
    """Newest first."""
    return await _list(tx, "key", status, customer_id, cursor, limit)


@exclusions.get("/nominations", dependencies=[allow("tiers:read")])
async def list_exclusion_nominations(
    tx: Tx,
    status: NominationStatusFilter = None,
    customer_id: CustomerFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[NominationRead]:
    """Newest first."""
    return await _list(tx, "excluded", status, customer_id, cursor, limit)


@router.get("/nominations/{nomination_id}", dependencies=[allow("tiers:read")])
async def show_key_account_nomination(nomination_id: Id, tx: Tx) -> NominationRead:
    """A nomination with its evidence, and what became of it."""
    return nomination_read(await key_accounts.find_nomination(tx, nomination_id, "key"))


@exclusions.get("/nominations/{nomination_id}", dependencies=[allow("tiers:read")])
async def show_exclusion_nomination(nomination_id: Id, tx: Tx) -> NominationRead:
    """A nomination with its evidence, and what became of it."""
    return nomination_read(await key_accounts.find_nomination(tx, nomination_id, "excluded"))


@router.post("/nominations/{nomination_id}/approval", dependencies=[allow("policies:approve")])
async def approve_key_account(
    nomination_id: Id, tx: Tx, actor: CurrentActor, body: ApprovalCreate | None = None
) -> NominationRead:
    """By somebody else than who nominated. One that meets a disqualifying rule needs a reason to set it aside."""
    given = body or ApprovalCreate()
    return nomination_read(
        await handlers.approve_nomination(
            tx, nomination_id, "key", actor.subject, given.note, given.override_reason
        )
    )  # fmt: skip


@exclusions.post("/nominations/{nomination_id}/approval", dependencies=[allow("policies:approve")])
async def approve_exclusion(
    nomination_id: Id, tx: Tx, actor: CurrentActor, body: NoteCreate | None = None
) -> NominationRead:
    """By somebody else than who asked for it. A key account ends with it."""
    note = None if body is None else body.note
    return nomination_read(await handlers.approve_nomination(tx, nomination_id, "excluded", actor.subject, note, None))


@router.post("/nominations/{nomination_id}/rejection", dependencies=[allow("policies:approve")])
async def reject_key_account(nomination_id: Id, body: RejectionCreate, tx: Tx, actor: CurrentActor) -> NominationRead:
    """Decide that a nominated customer does not become a key account, and why."""
    return nomination_read(await handlers.reject_nomination(tx, nomination_id, "key", actor.subject, body.note))


@exclusions.post("/nominations/{nomination_id}/rejection", dependencies=[allow("policies:approve")])
async def reject_exclusion(nomination_id: Id, body: RejectionCreate, tx: Tx, actor: CurrentActor) -> NominationRead:
    """Decide that a nominated customer is still served, and why."""
    return nomination_read(await handlers.reject_nomination(tx, nomination_id, "excluded", actor.subject, body.note))


@router.post("/nominations/{nomination_id}/cancellation", dependencies=[allow("policies:write", "team:write")])
async def cancel_key_account_nomination(nomination_id: Id, tx: Tx, actor: CurrentActor) -> NominationRead:
    """By who nominated, while it waits."""
    return nomination_read(await handlers.cancel_nomination(tx, nomination_id, "key", actor.subject))


@exclusions.post("/nominations/{nomination_id}/cancellation", dependencies=[allow("policies:write", "team:write")])
async def cancel_exclusion_nomination(nomination_id: Id, tx: Tx, actor: CurrentActor) -> NominationRead:
    """By who asked for it, while it waits."""
    return nomination_read(await handlers.cancel_nomination(tx, nomination_id, "excluded", actor.subject))
