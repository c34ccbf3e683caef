"""What a customer's points are now, and what a purchase would earn."""

from services.loyalty_svc.customers.dependencies import VisibleCustomer, VisibleMembers
from services.loyalty_svc.dependencies import CurrentSettings
from services.loyalty_svc.earning.repository.tiers import load_tiers
from services.loyalty_svc.earning.schemas import PointsRead
from services.loyalty_svc.ledger.repository.balances import load_balances
from services.loyalty_svc.ledger.repository.lots import list_expiring
from services.loyalty_svc.ledger.schemas import ExpiringRead
from services.loyalty_svc.programmes.repository import load_programmes
from services.loyalty_svc.programmes.schemas import ProgrammeTermsRead
from shared.chassis import Tx, allow, service_router

router = service_router(prefix="/v1", tags=["points"])


@router.get("/customers/{customer_id}/points", dependencies=[allow("points:read")])
async def show_points(
    customer_id: VisibleCustomer, members: VisibleMembers, tx: Tx, settings: CurrentSettings
) -> PointsRead:
    """What the customer can spend, what is set aside or owed, what expires when, and what a purchase earns now.

    Of a merged customer, by whichever of its ids: the sums over all its members.
    """
    balance_row = await load_balances(tx, members, tx.at)
    tier = (await load_tiers(tx, [customer_id]))[customer_id].at(tx.at)
    programme = (await load_programmes(tx, [tx.at])).at(tx.at)
    expiring = await list_expiring(tx, settings.time_zone, tx.at, members)
    return PointsRead(
        customer_id=customer_id, **balance_row, expiring=[ExpiringRead(**row) for row in expiring], tier=tier,
        multiplier=programme.multiplier(tier), programme=ProgrammeTermsRead.model_validate(programme),
    )  # fmt: skip
