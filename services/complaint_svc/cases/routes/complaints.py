"""Complaints over HTTP: file one (C1), read one, list them, count them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response

from services.complaint_svc.cases import handlers, repository
from services.complaint_svc.cases.dependencies import (
    case_ref,
    refuse_future_instant,
    require_own_customer,
    step_request,
    visible_case,
)
from services.complaint_svc.cases.domain.case import Status
from services.complaint_svc.cases.routes.case_views import show_case
from services.complaint_svc.cases.schemas import (
    ComplaintCreate,
    ComplaintRead,
    ComplaintSummary,
    ComplaintUpdate,
    StatisticsRead,
)
from shared.chassis import (
    CurrentActor,
    Cursor,
    Id,
    IfMatch,
    Instant,
    Limit,
    Page,
    Tx,
    allow,
    data_scope,
    page_of,
    read_cursor,
    require_unchanged,
    sends,
    service_router,
    staff_only,
)
from shared.customers import list_members
from shared.errors import invalid

MOST_CUSTOMERS = 200  # in one question

router = service_router(prefix="/v1", tags=["complaints"], dependencies=[visible_case])


@router.post(
    "/complaints", status_code=201, dependencies=[allow("complaints:file")],
    responses={201: sends("ETag", "Location")},
)  # fmt: skip
async def file_complaint(body: ComplaintCreate, tx: Tx, actor: CurrentActor, response: Response) -> ComplaintRead:
    """Receive a case of any kind from any channel. Its deadlines run from now, or from `filed_at`."""
    request = step_request(actor, tx.at, body.filed_at, pointer="/filed_at")
    refuse_future_instant(body.happened_at, tx.at, "/happened_at")
    refuse_future_instant(body.bought_at, tx.at, "/bought_at")
    story = repository.Story(
        body.what_happened, body.about.product, body.happened_at, body.bought_at, body.usage, body.request,
        body.settlement_wish, body.contact.name, body.contact.phone, body.contact.email,
    )  # fmt: skip
    details = repository.CaseDetails(
        body.channel, body.category, body.about.order_id, body.about.sku, actor.partner_id, story
    )
    customer_id = None if body.customer is None else body.customer.id
    await require_own_customer(tx, actor, customer_id)
    filing = handlers.FilingRequest(customer_id, body.kind, body.severity, details, body.steps_follow)
    case = await handlers.file_complaint(tx, filing, request)
    response.headers["Location"] = f"/v1/complaints/{case.id}"
    return await show_case(tx, case.id, actor, response)


@router.get("/complaints", dependencies=[allow("complaints:read")])
async def list_complaints(
    tx: Tx,
    actor: CurrentActor,
    customer_id: Annotated[Id | None, Query()] = None,
    customer_ids: Annotated[
        list[Id] | None, Query(max_length=MOST_CUSTOMERS, description="cases of these customers")
    ] = None,
    status: Annotated[Status | Literal["open"] | None, Query(description="`open` is all that is not closed")] = None,
    overdue: Annotated[bool | None, Query(description="past a due date that is still owed")] = None,
    awaits_approval: Annotated[
        bool | None, Query(description="what is to be proposed waits for another person's approval; not for partners")
    ] = None,
    sort: Annotated[repository.Sort, Query(description="`urgency`: open cases, due soonest first")] = "newest",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ComplaintSummary]:
    """Cases, the newest first, or the most urgent; of a merged customer those of all its members. A partner sees its
    own."""
    for named in (customer_id, *(customer_ids or ())):
        await require_own_customer(tx, actor, named)
    members = None if customer_id is None else (await list_members(tx, [customer_id]))[customer_id]
    after = read_cursor(cursor, UUID) if sort == "newest" else read_cursor(cursor, datetime, UUID)
    rows = await repository.list_cases(
        tx, tx.at, members=members, status=status, overdue=overdue, partner_id=actor.partner_id,
        awaits_approval=None if actor.partner_id else awaits_approval, sort=sort, after=after, limit=limit,
        customer_ids=customer_ids, scope=None if actor.partner_id else data_scope(tx, actor),
    )  # fmt: skip
    page = page_of(rows, limit, lambda row: repository.cursor_of(row, sort))
    return Page(items=[ComplaintSummary.model_validate(row) for row in page.items], next=page.next)


@router.get("/complaints/statistics", dependencies=[allow("complaints:read")])
async def count_complaints(
    tx: Tx,
    actor: CurrentActor,
    start: Annotated[Instant, Query(alias="from", description="inclusive")],
    end: Annotated[Instant, Query(alias="to", description="exclusive")],
) -> StatisticsRead:
    """How many cases were filed from `from` until `to`, where they stand, and how often the times were kept; a
    partner counts its own, who sees only accounts of their own those of them."""
    if end <= start:
        raise invalid("period_is_empty", "The instant `to` is after `from`.", pointer="/to")
    counted = await repository.count_cases(tx, start, end, actor.partner_id, data_scope(tx, actor))
    return StatisticsRead(
        start=start, end=end, cases=counted.cases, by_kind=dict(counted.by_kind), by_status=dict(counted.by_status),
        met=dict(counted.met), breached=dict(counted.breached), on_time_rate=counted.on_time_rate,
        mean_satisfaction=counted.mean_satisfaction,
    )  # fmt: skip


@router.get("/complaints/{complaint_id}", dependencies=[allow("complaints:read")], responses={200: sends("ETag")})
async def read_complaint(complaint_id: Id, tx: Tx, actor: CurrentActor, response: Response) -> ComplaintRead:
    """One case: its story, its steps, its deadlines with the working time that is left, and what may come next."""
    return await show_case(tx, complaint_id, actor, response)


@router.patch(
    "/complaints/{complaint_id}", dependencies=[allow("complaints:work"), staff_only], responses={200: sends("ETag")}
)
async def change_severity(
    complaint_id: Id, body: ComplaintUpdate, tx: Tx, actor: CurrentActor, response: Response, if_match: IfMatch = None
) -> ComplaintRead:
    """Grade a case anew. A graver one is due earlier; a milder one keeps what was promised."""
    await handlers.change_severity(
        tx, case_ref(complaint_id, actor), step_request(actor, tx.at, None), body.severity,
        lambda version: require_unchanged(if_match, version),
    )  # fmt: skip
    return await show_case(tx, complaint_id, actor, response)
