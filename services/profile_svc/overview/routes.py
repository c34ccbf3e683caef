"""The overview over HTTP (G3)."""

from services.profile_svc.dependencies import CurrentDatabase, CurrentSettings
from services.profile_svc.overview.dependencies import CurrentTierNames
from services.profile_svc.overview.handlers import read_combined_overview
from services.profile_svc.overview.repository import overview
from services.profile_svc.overview.schemas import OverviewRead, show_overview
from shared.chassis import CurrentActor, Id, allow, service_router

router = service_router(prefix="/v1", tags=["customers"])


@router.get("/customers/{customer_id}/overview", dependencies=[allow("customers:read")])
async def read_overview(
    customer_id: Id,
    actor: CurrentActor,
    settings: CurrentSettings,
    database: CurrentDatabase,
    tier_names: CurrentTierNames,
) -> OverviewRead:
    """From profile's own row: it answers when other services are down. Of a merged customer, from all members' rows."""
    today = database.clock().astimezone(settings.zone).date()
    row = await overview.find_overview(database, customer_id, actor, today)
    if row is None or row["root_id"] is not None:  # merged, or not to be seen but as a part of one that was
        noted = () if row is None else (customer_id,)
        row = await database.run(lambda tx: read_combined_overview(tx, customer_id, actor, today, noted))
    return show_overview(row, actor, tier_names.by_tier)
