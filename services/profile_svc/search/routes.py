"""Customers over HTTP, listed and searched for (P12)."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.profile_svc.audit.repository import add_access
from services.profile_svc.dependencies import CurrentReader, CurrentSettings
from services.profile_svc.search import repository as search
from services.profile_svc.search.domain import MAX_QUERY_LENGTH, parse_query
from services.profile_svc.search.schemas import CustomerSummary
from shared.chassis import Cursor, Limit, Page, Text, Tx, allow, page_of, read_cursor, service_router
from shared.chassis.pages import DEFAULT_LIMIT

router = service_router(prefix="/v1", tags=["customers"])

SearchQuery = Annotated[
    Text | None,
    Query(max_length=MAX_QUERY_LENGTH, description="a name, pinyin, phone, e-mail, reference or id; as it is typed"),
]


@router.get("/customers", dependencies=[allow("customers:read")])
async def find_customers(
    tx: Tx,
    reader: CurrentReader,
    settings: CurrentSettings,
    q: SearchQuery = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[CustomerSummary]:
    """Search, best first; without a query all customers in the order of their registration."""
    if q is None or not q.strip():
        page = await list_customers(tx, reader, cursor, limit)
    else:
        after = read_cursor(cursor, int, UUID)
        query = parse_query(q, settings.phone_regions)
        results = await search.search_customers(tx, query, reader, after, limit + 1)
        cut = page_of(results, limit, lambda result: (result.score, result.id))
        page = Page(items=[CustomerSummary.model_validate(result) for result in cut.items], next=cut.next)
    await add_access(tx, reader, "listed", [customer.id for customer in page.items])
    return page


async def list_customers(tx: Tx, reader: CurrentReader, cursor: str | None, limit: int) -> Page[CustomerSummary]:
    after = read_cursor(cursor, UUID)
    rows = await search.list_customers(tx, reader, after[0] if after else None, limit + 1)
    summaries = [
        CustomerSummary(
            id=file.id,
            kind=file.kind,
            name=file.display_name,
            region=file.facts.get("region"),
            completeness=file.completeness.percent,
            tier=tier,
            account_manager=manager if reader.source is None else None,  # who works here is not for partners
        )
        for file, tier, manager in rows
    ]
    return page_of(summaries, limit, lambda summary: (summary.id,))
