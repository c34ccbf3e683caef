"""The customer that a route is about, when whoever asks may see it (G1)."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from services.tiering_svc.customers.repository import list_sources
from shared.chassis import Actor, CurrentActor, Tx, list_visible, visible_customer_in_path
from shared.customers import list_connected, list_roots
from shared.messaging import Transaction

Named = Annotated[UUID, visible_customer_in_path(list_sources)]
READS = frozenset({"GET", "HEAD"})


async def _who_stands_for_it(customer_id: Named, actor: CurrentActor, tx: Tx, request: Request) -> UUID:
    """The company's own people read of either id what there is of the root (P12); what they write stays under the id
    that they name. A partner sees the customer that it knows, not the others who are one with it."""
    if request.method not in READS or actor.source is not None:
        return customer_id
    return (await list_roots(tx, [customer_id]))[customer_id]


def employee_of(actor: Actor) -> str:
    """Whom account teams and assessments name: the employee; whoever the directory does not know by its sign-in."""
    return actor.employee_id or actor.subject


async def is_one_with_others(tx: Transaction, actor: Actor, customer_id: UUID) -> bool:
    """Whether the customer is, or was once, one with some whom a partner does not see (P12): figures that were decided
    by would tell of those."""
    if actor.source is None:
        return False
    connected = await list_connected(tx, [customer_id])
    return len(connected) > 1 and len(await list_visible(tx, actor, connected)) < len(connected)


VisibleCustomer = Annotated[UUID, Depends(_who_stands_for_it)]
"""The id in a path below `/customers/{customer_id}`, in a read by staff that of the customer who stands for it. One
that tiering does not know, or another partner's: 404."""
