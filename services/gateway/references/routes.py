"""The registry as other services ask it: which references there are, and whose they are."""

from typing import Annotated

from fastapi import Query, Request

from services.gateway.references.handlers import find_ids, offer_ids
from services.gateway.references.repository import find_references, list_references
from services.gateway.references.schemas import OffersRead, OffersRequested, ReferenceRead, ReferencesRead
from shared.chassis import Id, Refused, Tx, allow, service_router
from shared.customers import list_members

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
    the customers `customer_id` (up to 200) and of all who are one with them (P12). Exactly one of both is asked for."""
    if (q is None) == (customer_id is None):
        raise Refused(422, "validation_failed", "Give either q or customer_id.")
    if q is not None:
        references = await find_references(tx, q, limit)
    else:
        members = await list_members(tx, customer_id or [])
        references = await list_references(tx, {id for ids in members.values() for id in ids})
    return ReferencesRead(items=[ReferenceRead.model_validate(reference) for reference in references])


@router.post("/references:offer", dependencies=[allow("internal")], include_in_schema=False)
async def offer_customer_ids(body: OffersRequested, request: Request, tx: Tx) -> OffersRead:
    """The ids that customers behind references have or will have, for files that profile is about to open: up to 1,000.
    They are registered when profile says that it has."""
    own_sources = request.app.state.sources
    known = [await own_sources.is_known(source) for source, _ in body.references]
    wanted = [(source, ref) for (source, ref), is_known in zip(body.references, known, strict=True) if is_known]
    ids = iter(await offer_ids(tx, wanted) if body.offer else await find_ids(tx, wanted))
    return OffersRead(customer_ids=[next(ids) if is_known else None for is_known in known], known_sources=known)
