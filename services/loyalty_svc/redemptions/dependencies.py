"""The hold that a route is about, when whoever asks may see its customer (G1)."""

from typing import Annotated

from fastapi import Depends

from services.loyalty_svc.core.repository import Row
from services.loyalty_svc.customers.repository import list_sources
from services.loyalty_svc.ledger.repository.holds import find_hold, hold_not_found
from shared.chassis import CurrentActor, Id, Tx


async def hold_in_path(hold_id: Id, actor: CurrentActor, tx: Tx) -> Row:
    """The hold as it is shown. 404 `hold_not_found` also for a hold of another partner's customer."""
    hold = await find_hold(tx, hold_id)
    if actor.source is not None and actor.source not in (await list_sources(tx, hold["customer_id"]) or ()):
        raise hold_not_found()
    return hold


VisibleHold = Annotated[Row, Depends(hold_in_path)]
