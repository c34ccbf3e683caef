"""The customer that a route is about, when whoever asks may see it (G1)."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from services.tiering_svc.customers.repository import list_sources
from shared.chassis import CurrentActor, Tx, visible_customer_in_path
from shared.customers import list_roots

Named = Annotated[UUID, visible_customer_in_path(list_sources)]
READS = frozenset({"GET", "HEAD"})


async def _who_stands_for_it(customer_id: Named, actor: CurrentActor, tx: Tx, request: Request) -> UUID:
    """The company's own people read of either id what there is of the root (P12); what they write stays under the id
    that they name. A partner sees the customer that it knows, not the others who are one with it."""
    if request.method not in READS or actor.source is not None:
        return customer_id
    return (await list_roots(tx, [customer_id]))[customer_id]


VisibleCustomer = Annotated[UUID, Depends(_who_stands_for_it)]
"""The id in a path below `/customers/{customer_id}`, in a read by staff that of the customer who stands for it. One
that tiering does not know, or another partner's: 404."""
