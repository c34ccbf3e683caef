"""The hold that a route is about, when whoever asks may see its customer (G1)."""

from typing import Annotated

from fastapi import Depends

from services.loyalty_svc.core.repository import Row
from services.loyalty_svc.ledger.repository.holds import find_hold, hold_not_found
from shared.chassis import CurrentActor, Id, Tx, list_visible


async def hold_in_path(hold_id: Id, actor: CurrentActor, tx: Tx) -> Row:
    """The hold as it is shown. 404 `hold_not_found` also where the customer is not the actor's to see (G1)."""
    hold = await find_hold(tx, hold_id)
    if not await list_visible(tx, actor, [hold["customer_id"]]):
        raise hold_not_found()
    return hold


VisibleHold = Annotated[Row, Depends(hold_in_path)]
