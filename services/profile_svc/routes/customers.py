"""Files over HTTP: read, amended, found (P1, P12), and the overview (G3)."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.profile_svc.domain.reader import no_such_customer
from services.profile_svc.domain.search import LONGEST_QUESTION, read_question
from services.profile_svc.handlers.files import amend_customer_file
from services.profile_svc.repository import customers, overview, search
from services.profile_svc.routes.asking import CurrentDatabase, CurrentReader, CurrentSettings
from services.profile_svc.schemas.customers import (
    CustomerRead,
    CustomerSummary,
    CustomerUpdate,
    show_file,
)
from services.profile_svc.schemas.overview import OverviewRead, show_overview
from shared.chassis import (
    Cursor,
    Id,
    IfMatch,
    Limit,
    Page,
    Text,
    Tx,
    allow,
    page_of,
    read_cursor,
    require_unchanged,
    service_router,
    show_etag,
)
from shared.chassis.pages import DEFAULT_LIMIT

router = service_router(prefix="/v1", tags=["customers"])

Question = Annotated[
    Text | None,
    Query(max_length=LONGEST_QUESTION, description="a name, pinyin, phone, e-mail, reference or id; as it is typed"),
]


@router.get("/customers", dependencies=[allow("customers:read")])
async def find_customers(
    tx: Tx,
    reader: CurrentReader,
    settings: CurrentSettings,
    q: Question = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[CustomerSummary]:
    """Search, best first; without a question all customers in the order of their registration."""
    if q is None or not q.strip():
        page = await list_customers(tx, reader, cursor, limit)
    else:
        after = read_cursor(cursor, int, UUID)
        question = read_question(q, settings.phone_regions)
        found = await search.search_files(tx, question, reader, after, limit + 1)
        cut = page_of(found, limit, lambda one: (one.score, one.id))
        page = Page(items=[CustomerSummary.model_validate(one) for one in cut.items], next=cut.next)
    await customers.add_access(tx, reader, "listed", [one.id for one in page.items])
    return page


async def list_customers(tx: Tx, reader: CurrentReader, cursor: str | None, limit: int) -> Page[CustomerSummary]:
    after = read_cursor(cursor, UUID)
    rows = await customers.list_files(tx, reader, after[0] if after else None, limit + 1)
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
    return page_of(summaries, limit, lambda one: (one.id,))


@router.get("/customers/{customer_id}", response_model_exclude_none=True, dependencies=[allow("customers:read")])
async def read_customer(customer_id: Id, response: Response, tx: Tx, reader: CurrentReader) -> CustomerRead:
    file = await customers.get_file(tx, customer_id, reader)
    await customers.add_access(tx, reader, "read", [file.id])
    show_etag(response, file.version)
    return show_file(file, await customers.list_references(tx, file.id, reader))


@router.patch("/customers/{customer_id}", response_model_exclude_none=True, dependencies=[allow("customers:write")])
async def amend_customer(
    customer_id: Id,
    body: CustomerUpdate,
    response: Response,
    tx: Tx,
    reader: CurrentReader,
    settings: CurrentSettings,
    if_match: IfMatch = None,
) -> CustomerRead:
    file = await customers.load_file(tx, customer_id, reader)
    require_unchanged(if_match, file.version, demanded=True)
    amended = await amend_customer_file(
        tx, reader, file, body.kind, body.facts(), regions=settings.phone_regions
    )  # fmt: skip
    show_etag(response, amended.version)
    return show_file(amended, await customers.list_references(tx, file.id, reader))


@router.get("/customers/{customer_id}/overview", dependencies=[allow("customers:read")])
async def read_overview(
    customer_id: Id, reader: CurrentReader, settings: CurrentSettings, database: CurrentDatabase
) -> OverviewRead:
    """From profile's own row: it answers when other services are down."""
    today = database.clock().astimezone(settings.zone).date()
    row = await overview.find_overview(database, customer_id, reader, today)
    if row is None:
        raise no_such_customer()
    return show_overview(row)
