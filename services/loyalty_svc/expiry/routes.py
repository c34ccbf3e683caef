"""Longer life for points."""

from services.loyalty_svc.customers.dependencies import VisibleMembers
from services.loyalty_svc.expiry import handlers
from services.loyalty_svc.expiry.schemas import ExtensionCreate
from services.loyalty_svc.ledger.repository import lots
from services.loyalty_svc.ledger.schemas import LotRead
from shared.chassis import CurrentActor, Id, Tx, allow, service_router

router = service_router(prefix="/v1", tags=["points"])


@router.post(
    "/customers/{customer_id}/points/lots/{lot_id}/extension", status_code=201, dependencies=[allow("points:adjust")]
)
async def extend_lot(
    members: VisibleMembers, lot_id: Id, body: ExtensionCreate, tx: Tx, actor: CurrentActor
) -> LotRead:
    """Let points live longer; never shorter, and not what has expired."""
    await handlers.extend_lot(tx, members, lot_id, body.expires_at, body.reason, actor.subject)
    return LotRead(**await lots.find_lot(tx, lot_id))
