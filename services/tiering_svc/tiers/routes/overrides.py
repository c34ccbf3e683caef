"""What people set for one customer (T10): overrides, and promises to keep a tier; listed, and ended early."""

from services.tiering_svc.customers.dependencies import VisibleCustomer
from services.tiering_svc.tiers import handlers as overrides
from services.tiering_svc.tiers.repository import overrides as privileges
from services.tiering_svc.tiers.repository.overrides import Privilege
from services.tiering_svc.tiers.schemas import EndCreate, PrivilegeRead, RetentionCreate
from shared.chassis import CurrentActor, Id, Page, Tx, allow, service_router, staff_only

router = service_router(prefix="/v1/customers/{customer_id}/tier", tags=["tiers"], dependencies=[staff_only])


@router.get("/overrides", dependencies=[allow("tiers:read")])
async def list_overrides(customer_id: VisibleCustomer, tx: Tx) -> Page[PrivilegeRead]:
    """Newest first: who set which tier, why, until when, and how it ended."""
    return Page(
        items=[show_privilege(privilege) for privilege in await privileges.list_privileges(tx, customer_id, "override")]
    )


@router.post("/overrides/{override_id}/end", dependencies=[allow("policies:approve")])
async def end_override(
    customer_id: VisibleCustomer, override_id: Id, body: EndCreate, tx: Tx, actor: CurrentActor
) -> PrivilegeRead:  # fmt: skip
    """The customer is graded anew from now on."""
    ended = await overrides.end_override_early(tx, customer_id, override_id, reason=body.reason, by=actor.subject)
    return show_privilege(ended)


@router.get("/retentions", dependencies=[allow("tiers:read")])
async def list_retentions(customer_id: VisibleCustomer, tx: Tx) -> Page[PrivilegeRead]:
    """Newest first: until when the tier was promised to be kept, by whom, why, and how it ended."""
    return Page(
        items=[
            show_privilege(privilege) for privilege in await privileges.list_privileges(tx, customer_id, "retention")
        ]
    )


@router.post("/retentions", status_code=201, dependencies=[allow("policies:approve")])
async def promise_tier(
    customer_id: VisibleCustomer, body: RetentionCreate, tx: Tx, actor: CurrentActor
) -> PrivilegeRead:
    """The tier the customer has is not lowered before a date, whatever reviews find. A later one replaces it."""
    return show_privilege(
        await overrides.promise_tier(tx, customer_id, until=body.until, reason=body.reason, by=actor.subject)
    )  # fmt: skip


@router.post("/retentions/{retention_id}/end", dependencies=[allow("policies:approve")])
async def end_retention(
    customer_id: VisibleCustomer, retention_id: Id, body: EndCreate, tx: Tx, actor: CurrentActor
) -> PrivilegeRead:  # fmt: skip
    """From now on reviews may lower the tier again."""
    ended = await overrides.end_promise(tx, customer_id, retention_id, reason=body.reason, by=actor.subject)
    return show_privilege(ended)


def show_privilege(privilege: Privilege) -> PrivilegeRead:
    """A privilege as the company's own people read it."""
    return PrivilegeRead(
        id=privilege.privilege_id,
        customer_id=privilege.customer_id,
        tier=privilege.tier,
        starts_at=privilege.starts_at,
        until=privilege.until,
        reason=privilege.reason,
        set_by=privilege.set_by,
        set_at=privilege.set_at,
        ended_at=privilege.ended_at,
        ended_by=privilege.ended_by,
        ended_because=privilege.ended_because,
    )
