"""Message requests over HTTP: the feed for whoever sends, each message's text, and what became of it."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.profile_svc.dependencies import CurrentSettings
from services.profile_svc.messages import handlers, repository
from services.profile_svc.messages.dependencies import ContactOfMessage
from services.profile_svc.messages.schemas import MessageReportCreate, MessageRequestRead, RenderedMessageRead
from shared.chassis import (
    Code,
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    data_scope,
    list_visible,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.audit import add_access
from shared.chassis.http.instants import refuse_future
from shared.chassis.http.pages import DEFAULT_LIMIT
from shared.errors import not_found

router = service_router(prefix="/v1/message-requests", tags=["messages"])

READ = [allow("customers:read", "messages:send"), staff_only]

State = Annotated[Code | None, Query(description="only those in this state: `requested` are those to be sent")]
Order = Annotated[Literal["oldest", "newest"], Query(description="which comes first")]
OfCustomer = Annotated[Id | None, Query(description="only those to this customer")]


@router.get("", dependencies=READ)
async def list_message_requests(
    tx: Tx,
    actor: CurrentActor,
    state: State = None,
    customer_id: OfCustomer = None,
    order: Order = "oldest",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[MessageRequestRead]:
    """In the order in which they were made. A sender reads those that are `requested`, from the beginning each time:
    what it has reported on is not among them any more, and nothing that was committed late is missed."""
    after = read_cursor(cursor, UUID)
    listed = await repository.list_messages(
        tx,
        state,
        customer_id,
        None if after is None else after[0],
        limit + 1,
        newest_first=order == "newest",
        scope=data_scope(tx, actor),
    )
    page = page_of(listed, limit, lambda message: (message.id,))
    return Page(items=[MessageRequestRead.of(message) for message in page.items], next=page.next)


@router.get("/{message_id}", dependencies=READ)
async def read_message_request(
    message_id: Id, contact: ContactOfMessage, tx: Tx, actor: CurrentActor, settings: CurrentSettings
) -> RenderedMessageRead:
    """The message with its text in English and Chinese, made now of the template and of the customer's file (or of the
    case that names the contact), and the address it goes to."""
    message = await repository.get_message(tx, message_id)
    if not await list_visible(tx, actor, [message.customer_id]):
        raise not_found("message_not_found", "There is no such message request.")
    await add_access(tx, actor, "read_message", [message.customer_id])
    files = await repository.find_files(tx, [message.customer_id])
    consented = message.channel is not None and await handlers.consents_to(
        tx, message.customer_id, message.purpose, message.channel, message.contact_id
    )
    file = files.get(message.customer_id)
    return RenderedMessageRead.rendered(
        message, file, contact, consented=consented, zone=settings.zone, regions=settings.phone_regions
    )


@router.post("/{message_id}/delivery", status_code=201, dependencies=[allow("messages:send"), staff_only])
async def report_message_delivery(
    message_id: Id, body: MessageReportCreate, tx: Tx, actor: CurrentActor
) -> MessageRequestRead:
    """What became of the message. The latest report by the time it happened is its state; the same report again changes
    nothing."""
    refuse_future(body.at, tx.at, "/at")
    return MessageRequestRead.of(await handlers.record_report(tx, message_id, body.report(), actor.subject))
