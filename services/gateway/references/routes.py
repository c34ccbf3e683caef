"""The registry as other services ask it: which references there are, and whose they are."""

from typing import Annotated

from fastapi import Query

from services.gateway.references.repository import find_references, list_references
from services.gateway.references.schemas import ReferenceRead, ReferencesRead
from shared.chassis import Id, Refused, Tx, allow, service_router

MOST_CUSTOMERS = 200

router = service_router(prefix="/internal", tags=["internal"])


@router.get("/references", dependencies=[allow("internal")], include_in_schema=False)
async def show_references(
    tx: Tx,
    q: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
    customer_id: Annotated[list[Id] | None, Query(min_length=1, max_length=MOST_CUSTOMERS)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> ReferencesRead:
    """Registered references: those that begin with `q` in any case, at most `limit`, an exact one first; or all of
    the customers `customer_id` (up to 200). Exactly one of both is asked for."""
    if (q is None) == (customer_id is None):
        raise Refused(422, "validation_failed", "Give either q or customer_id.")
    references = await find_references(tx, q, limit) if q is not None else await list_references(tx, customer_id or [])
    return ReferencesRead(items=[ReferenceRead.model_validate(reference) for reference in references])
