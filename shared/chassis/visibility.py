"""Which customers an actor sees: the company's own people see all, a partner those that have a reference of its source.

What is not an actor's to see is not found (404), with the same answer as for what does not exist: nothing is learned
from asking. Each service keeps its own copy of who has references of which sources, from events, and hands a function
that reads it to `visible_customer`.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Any
from uuid import UUID

from fastapi import Depends, Request

from shared.chassis.access.identity import Actor, CurrentActor
from shared.chassis.audit import add_access
from shared.chassis.http.routing import Tx
from shared.chassis.http.shapes import Id
from shared.errors import customer_not_found, not_found
from shared.messaging import Transaction

SourcesOf = Callable[[Transaction, UUID], Awaitable[Collection[str] | None]]
"""Reads the sources that a customer has references of; None for a customer that the service does not know."""


ERASED = "select exists (select from erased_customer where customer_id = $1 and person_id is null)"


async def visible_customer(tx: Transaction, actor: Actor, customer_id: UUID, sources_of: SourcesOf) -> UUID:
    """The customer's id, when the service knows the customer and the actor may see it; else 404 `customer_not_found`.

    One whose personal data was erased (P13), or is to be, is known to nobody.

    This is the one way in which a service checks it: in a handler or route for a customer named in a body, and by
    `visible_customer_in_path` for one named in the path.
    """
    sources = await sources_of(tx, customer_id)
    if sources is not None and await tx.raw.fetchval(ERASED, customer_id):
        sources = None
    if sources is None or (actor.source is not None and actor.source not in sources):
        raise customer_not_found(customer_id)
    return customer_id


def visible_customer_in_path(sources_of: SourcesOf) -> Any:
    """A dependency for routes below `/customers/{customer_id}`: the id, checked by `visible_customer`, with a line in
    the access trail under the route's name (P13).

    `VisibleCustomer = Annotated[UUID, visible_customer_in_path(list_sources)]` in a service's `dependencies.py`, then
    `customer_id: VisibleCustomer` in a route, in place of `customer_id: Id`.
    """

    async def customer_of(customer_id: Id, actor: CurrentActor, tx: Tx, request: Request) -> UUID:
        await visible_customer(tx, actor, customer_id, sources_of)
        if actor.kind != "service":  # services copy what their owners may see; those leave their lines where they ask
            await add_access(tx, actor, request.scope["route"].name, [customer_id])
        return customer_id

    return Depends(customer_of)


async def _refuse_partners(actor: CurrentActor) -> None:
    if actor.source is not None:
        raise not_found("not_found", "There is nothing here.")


staff_only: Any = Depends(_refuse_partners)
"""In `dependencies=[…]` of a route or router, after its policy: partners do not find it (404)."""
