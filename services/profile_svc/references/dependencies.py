"""What routes that show or search references share: the registry, asked before a transaction holds a connection.

FastAPI resolves dependencies in the order of a route's parameters: these come before `Tx`.
"""

from typing import Annotated

from fastapi import Depends, Request

from services.profile_svc.references.domain import Reference, references_for
from services.profile_svc.references.repository.registry import ReferenceRegistry
from shared.chassis import CurrentActor, Id


def registry_of(request: Request) -> ReferenceRegistry:
    """The application's one client of the registry."""
    registry: ReferenceRegistry = request.app.state.reference_registry
    return registry


CurrentRegistry = Annotated[ReferenceRegistry, Depends(registry_of)]


async def references_of_customer(
    customer_id: Id, actor: CurrentActor, registry: CurrentRegistry
) -> list[Reference] | None:
    """The references of the customer in the path that who asks may see; None when the registry did not answer.

    Whether the customer itself is the actor's to see is the route's to check.
    """
    registered = await registry.list_of_customers([customer_id])
    return None if registered is None else references_for(actor.source, registered)


CustomerReferences = Annotated[list[Reference] | None, Depends(references_of_customer)]
