"""The customer that a route is about, when whoever asks may see it (G1), and who is one with it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from services.loyalty_svc.customers.repository import has_merges, list_of_source, list_sources
from shared.chassis import CurrentActor, Tx, visible_customer_in_path
from shared.customers import list_members

VisibleCustomer = Annotated[UUID, visible_customer_in_path(list_sources)]
"""The id in a path below `/customers/{customer_id}`. One that has no wallet, or another partner's: 404."""


async def visible_members(customer_id: VisibleCustomer, actor: CurrentActor, tx: Tx) -> list[UUID]:
    """The customer and all that are one with it, as far as whoever asks sees them: a partner its own source's."""
    if not await has_merges(tx):
        return [customer_id]
    members = (await list_members(tx, [customer_id]))[customer_id]
    if actor.source is None or len(members) == 1:
        return list(members)
    return await list_of_source(tx, members, actor.source)


VisibleMembers = Annotated[list[UUID], Depends(visible_members)]
"""Whose wallets answer for the customer in the path: its own, and those of who is one with it."""
