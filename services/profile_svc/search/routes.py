"""Customers over HTTP, listed and searched for (P12)."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from services.profile_svc.dependencies import CurrentSettings
from services.profile_svc.references.dependencies import CurrentRegistry
from services.profile_svc.references.domain import may_be_reference, score_matches
from services.profile_svc.search import repository as search
from services.profile_svc.search.domain import MAX_QUERY_LENGTH, parse_query
from services.profile_svc.search.handlers import with_members
from services.profile_svc.search.schemas import CustomerPage, show_summary
from shared.chassis import CurrentActor, Cursor, Id, Limit, Text, Tx, allow, page_of, read_cursor, service_router
from shared.chassis.audit import add_access
from shared.chassis.http.pages import DEFAULT_LIMIT
from shared.errors import invalid

MAX_IDS = 200

router = service_router(prefix="/v1", tags=["customers"])

QueryText = Annotated[
    Text | None,
    Query(max_length=MAX_QUERY_LENGTH, description="a name, pinyin, phone, e-mail, reference or id; as it is typed"),
]

CustomerIds = Annotated[list[Id] | None, Query(max_length=MAX_IDS, description="these customers only")]


async def find_by_reference(
    actor: CurrentActor, registry: CurrentRegistry, q: QueryText = None
) -> dict[UUID, int] | None:
    """Whose reference the text may be, with the worth of that; None when the registry did not answer."""
    text = (q or "").strip()
    if not may_be_reference(text):
        return {}
    registered = await registry.search(text)
    return None if registered is None else score_matches(actor.source, text, registered)


ReferenceMatches = Annotated[dict[UUID, int] | None, Depends(find_by_reference)]


@router.get("/customers", dependencies=[allow("customers:read")])
async def find_customers(
    references: ReferenceMatches,
    tx: Tx,
    actor: CurrentActor,
    settings: CurrentSettings,
    q: QueryText = None,
    ids: CustomerIds = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> CustomerPage:
    """Search, best first; without a text all customers in the order of their registration, or those of `ids`."""
    if q is None or not q.strip():
        place = read_cursor(cursor, UUID)
        results = await search.list_customers(tx, actor, place[0] if place else None, limit + 1, ids)
        page = page_of(results, limit, lambda result: (result.id,))
    else:
        if ids is not None:
            raise invalid("validation_failed", "Give either q or ids.", pointer="/ids")
        after = read_cursor(cursor, int, UUID)
        query = parse_query(q, settings.phone_regions, references)
        results = await search.search_customers(tx, query, actor, (after[0], after[1]) if after else None, limit + 1)
        page = page_of(results, limit, lambda result: (result.score, result.id))
    items = await with_members(tx, actor, page.items)
    await add_access(tx, actor, "listed", [id for item in items for id in (item.id, *item.merged_from)])
    return CustomerPage(
        items=[show_summary(item, actor) for item in items],
        next=page.next,
        did_not_answer=["references"] if references is None else [],
    )
