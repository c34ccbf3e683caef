"""Orders: one a request, many a request as NDJSON, and read back."""

from datetime import datetime
from uuid import UUID

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from services.gateway.dependencies import require_media_type
from services.gateway.intake.dependencies import (
    OrderIntake,
    order_intake_of,
    submit_order,
    submit_orders,
    visible_order,
)
from services.gateway.intake.domain.orders import Receipt, ReportedOrder, report_of
from services.gateway.intake.handlers.orders import load_order_history
from services.gateway.intake.repository.orders import list_orders
from services.gateway.intake.routes.fast_path import FastPathRoute, read_body
from services.gateway.intake.schemas.orders import OrderAccepted, OrderCreate, OrderRead, OrderSummaryRead
from services.gateway.partners.dependencies import sources_of
from services.gateway.partners.handlers import SourceDirectory, reporter_of
from services.gateway.references.domain import Reporter
from services.gateway.references.handlers import require_customer
from shared.chassis import (
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Refused,
    Tx,
    allow,
    list_visible,
    page_of,
    read_cursor,
    service_router,
)
from shared.chassis.access import actor_of
from shared.chassis.audience import may_read
from shared.chassis.audit import add_access
from shared.chassis.contract import operation_id_of
from shared.chassis.http.ndjson import WorkSlice, check_line, lines_of
from shared.chassis.problems import problem_of
from shared.customers import list_members
from shared.errors import DomainError, customer_not_found

MOST_ORDERS = 1000
NDJSON = "application/x-ndjson"

router = service_router(prefix="/v1", tags=["orders"])


async def report_order(order: OrderCreate, request: Request) -> Response:
    """Report an order. "Accepted" is durable. The same order again gets the same answer."""
    intake, sources = order_intake_of(request), sources_of(request)
    reporter = sources.reporter(await actor_of(request))
    source = await sources.source(reporter, order.customer.source)
    return await _accepted(request, report_of(order.content(intake.rules), reporter, source))


async def report_order_fast(body: bytes, request: Request) -> Response | None:
    """Report an order in its usual spelling; None when the fast parser does not know it."""
    intake, sources = order_intake_of(request), sources_of(request)
    content = intake.fast_parser.read(body)
    if content is None:
        return None
    reporter = sources.reporter(await actor_of(request))
    source = await sources.source(reporter, content.customer.source)
    return await _accepted(request, report_of(content, reporter, source))


async def _accepted(request: Request, order: ReportedOrder) -> Response:
    receipt = await submit_order(request, order)
    return Response(b"{" + _members(receipt) + b"}", 202, media_type="application/json")


def _members(receipt: Receipt) -> bytes:
    """`OrderAccepted` without a model. Ids and codes need no escaping."""
    return (
        f'"id":"{receipt.id}","order_id":"{receipt.order_ref}",'
        f'"customer_id":"{receipt.customer_id}","event_id":"{receipt.event_id}"'
    ).encode()


order_route = FastPathRoute(
    "/v1/orders",
    report_order,
    fast_path=report_order_fast,
    methods=["POST"],
    tags=["orders"],
    status_code=202,
    response_model=OrderAccepted,
    dependencies=[allow("orders:write")],
    responses={409: {"description": "The order_id was used for another order"}},
    generate_unique_id_function=operation_id_of,
)


@router.post(
    "/orders:batch",
    dependencies=[allow("orders:write")],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {NDJSON: {"schema": {"type": "string", "description": "one order a line, at most 1,000"}}},
        }
    },
    responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}, "description": "a result a line, in order"}},
    response_class=Response,
)
async def report_orders(request: Request, actor: CurrentActor) -> Response:
    """Report up to 1,000 orders, one a line. Each line gets its own result; a bad one does not stop the others."""
    require_media_type(request, NDJSON, "application/ndjson", "application/jsonl", "application/json")
    texts = lines_of(await request.body(), MOST_ORDERS, "too_many_orders")
    intake, sources = order_intake_of(request), sources_of(request)
    reporter = sources.reporter(actor)
    results: list[bytes] = [b""] * len(texts)
    orders: list[tuple[int, ReportedOrder]] = []
    work = WorkSlice()
    for index, text in enumerate(texts):
        await work.pause()
        try:
            orders.append((index, await _read_line(text, intake, sources, reporter)))
        except (DomainError, RequestValidationError, Refused) as refusal:
            results[index] = _refusal(index, refusal)
    outcomes = await submit_orders(request, [order for _, order in orders])
    for (index, _), outcome in zip(orders, outcomes, strict=True):
        results[index] = _acceptance(index, outcome) if isinstance(outcome, Receipt) else _refusal(index, outcome)
    return Response(b"".join(results), media_type=NDJSON)


async def _read_line(text: bytes, intake: OrderIntake, sources: SourceDirectory, reporter: Reporter) -> ReportedOrder:
    check_line(text)
    content = intake.fast_parser.read(text)
    if content is not None:
        return report_of(content, reporter, await sources.source(reporter, content.customer.source))
    order: OrderCreate = read_body(OrderCreate, text)
    source = await sources.source(reporter, order.customer.source)
    return report_of(order.content(intake.rules), reporter, source)


def _acceptance(index: int, receipt: Receipt) -> bytes:
    return b'{"line":%d,"status":202,%b}\n' % (index + 1, _members(receipt))


def _refusal(index: int, refusal: Exception) -> bytes:
    problem = orjson.loads(bytes(problem_of(refusal).body))
    return orjson.dumps({"line": index + 1, **problem}, option=orjson.OPT_APPEND_NEWLINE)


@router.get("/orders/{order_id}", dependencies=[allow("orders:read"), visible_order])
async def read_order(order_id: Id, tx: Tx, actor: CurrentActor) -> OrderRead:
    """An order and what became of it: returns, cancellation, deliveries."""
    history = await load_order_history(tx, order_id, reporter_of(actor).only_source)
    await add_access(tx, actor, "read_order", [history.order.customer_id], subject=f"order:{order_id}")
    return OrderRead.of_history(history, shows_cost=may_read(actor, "cost"))


@router.get("/customers/{customer_id}/orders", dependencies=[allow("orders:read")])
async def list_orders_of_a_customer(
    customer_id: Id, tx: Tx, actor: CurrentActor, cursor: Cursor = None, limit: Limit = 50
) -> Page[OrderSummaryRead]:
    """Orders of a customer, newest first; of a merged one, those of all its members. A partner sees its own orders of
    its own customers."""
    reporter = reporter_of(actor)
    await require_customer(tx, customer_id, reporter)
    if not reporter.is_partner and not await list_visible(tx, actor, [customer_id]):
        raise customer_not_found(customer_id)
    await add_access(tx, actor, "list_orders_of_a_customer", [customer_id])
    after = read_cursor(cursor, datetime, UUID)
    position = None if after is None else (after[0], after[1])
    members = (await list_members(tx, [customer_id]))[customer_id]
    orders = await list_orders(tx, members, reporter.only_source, position, limit + 1)
    page = page_of(orders, limit, lambda order: (order.placed_at, order.id))
    shows_cost = may_read(actor, "cost")
    return Page(items=[OrderSummaryRead.of(order, shows_cost=shows_cost) for order in page.items], next=page.next)
