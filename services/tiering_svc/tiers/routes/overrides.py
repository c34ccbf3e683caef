"""What people set for one customer (T10): overrides, and promises to keep a tier; listed, and ended early."""

from services.tiering_svc.core.dependencies import not_for_partners
from services.tiering_svc.customers.repository import check_known
from services.tiering_svc.tiers import handlers as overrides
from services.tiering_svc.tiers.repository import overrides as privileges
from services.tiering_svc.tiers.repository.overrides import Privilege
from services.tiering_svc.tiers.schemas import EndCreate, PrivilegeRead, RetentionCreate
from shared.chassis import CurrentActor, Id, Page, Tx, allow, service_router

router = service_router(
    prefix="/v1/customers/{customer_id}/tier", tags=["tiers"], dependencies=[not_for_partners]
)  # fmt: skip


@router.get("/overrides", dependencies=[allow("tiers:read")])
async def list_overrides(customer_id: Id, tx: Tx) -> Page[PrivilegeRead]:
    """Newest first: who set which tier, why, until when, and how it ended."""
    await check_known(tx, customer_id)
    return Page(items=[_shown(one) for one in await privileges.list_privileges(tx, customer_id, "override")])


@router.post("/overrides/{override_id}/end", dependencies=[allow("policies:approve")])
async def end_override(
    customer_id: Id, override_id: Id, body: EndCreate, tx: Tx, actor: CurrentActor
) -> PrivilegeRead:  # fmt: skip
    """The customer is graded anew from now on."""
    await check_known(tx, customer_id)
    ended = await overrides.end_override_early(tx, customer_id, override_id, reason=body.reason, by=actor.subject)
    return _shown(ended)


@router.get("/retentions", dependencies=[allow("tiers:read")])
async def list_retentions(customer_id: Id, tx: Tx) -> Page[PrivilegeRead]:
    await check_known(tx, customer_id)
    return Page(items=[_shown(one) for one in await privileges.list_privileges(tx, customer_id, "retention")])


@router.post("/retentions", status_code=201, dependencies=[allow("policies:approve")])
async def promise_tier(customer_id: Id, body: RetentionCreate, tx: Tx, actor: CurrentActor) -> PrivilegeRead:
    """The tier the customer has is not lowered before a date, whatever reviews find. A later one replaces it."""
    await check_known(tx, customer_id)
    return _shown(
        await overrides.promise_tier(tx, customer_id, until=body.until, reason=body.reason, by=actor.subject)
    )  # fmt: skip


@router.post("/retentions/{retention_id}/end", dependencies=[allow("policies:approve")])
async def end_retention(
    customer_id: Id, retention_id: Id, body: EndCreate, tx: Tx, actor: CurrentActor
) -> PrivilegeRead:  # fmt: skip
    """From now on reviews may lower the tier again."""
    await check_known(tx, customer_id)
    ended = await overrides.end_promise(tx, customer_id, retention_id, reason=body.reason, by=actor.subject)
    return _shown(ended)


def _shown(one: Privilege) -> PrivilegeRead:
    return PrivilegeRead(
        id=one.privilege_id,
        customer_id=one.customer_id,
        tier=one.tier,
        starts_at=one.starts_at,
        until=one.until,
        reason=one.reason,
        set_by=one.set_by,
        set_at=one.set_at,
        ended_at=one.ended_at,
        ended_by=one.ended_by,
        ended_because=one.ended_because,
    )
