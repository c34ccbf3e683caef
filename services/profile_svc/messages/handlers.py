"""Facts ask for messages; senders report what became of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.profile_svc.consents.handlers import load_decision
from services.profile_svc.messages import repository
from services.profile_svc.messages.domain.message import (
    CHANNELS,
    PURPOSES,
    Channel,
    Message,
    MessageReport,
    Occasion,
    is_timely,
    occasion_of_acknowledgement,
    report_delivery,
    request_message,
)
from services.profile_svc.settings import message_settings
from shared.events import ComplaintAcknowledged
from shared.messaging import Transaction, announce, new_id


async def when_complaints_are_acknowledged_tell_their_customers(
    tx: Transaction, acknowledged: Sequence[ComplaintAcknowledged]
) -> None:
    """The case was received, and by when there is an answer."""
    occasions = [occasion_of_acknowledgement(event) for event in acknowledged]
    await request_messages(tx, [occasion for occasion in occasions if occasion is not None])


async def request_messages(tx: Transaction, occasions: Sequence[Occasion]) -> None:
    """A request for each occasion that is not long past, each once; announced where the customer may be written to."""
    latest = message_settings().latest
    timely = [occasion for occasion in occasions if is_timely(occasion, tx.at, latest)]
    if not timely:
        return
    files = await repository.find_files(tx, (occasion.customer_id for occasion in timely))
    messages = []
    for occasion in timely:
        purpose, contact_id = PURPOSES[occasion.template], occasion.contact_id
        consents = await _consents_of(tx, occasion.customer_id, purpose)
        of_contact = {} if contact_id is None else await _consents_of(tx, occasion.customer_id, purpose, contact_id)
        file = files.get(occasion.customer_id)
        messages.append(request_message(new_id(), occasion, file, consents, tx.at, of_contact))
    added = await repository.add_messages(tx, messages)
    announce(tx, [message.announcement() for message in messages if message.id in added and message.channel])


async def consents_to(
    tx: Transaction, customer_id: UUID, purpose: str, channel: str, contact_id: UUID | None = None
) -> bool:
    """Whether a customer, or a contact of it, may be written to now for a purpose by a channel."""
    decision = await load_decision(
        tx, customer_id, purpose, channel, contact_id=contact_id,
        allowed_by_default=message_settings().consents_by_default,
    )  # fmt: skip
    return decision.granted


async def _consents_of(
    tx: Transaction, customer_id: UUID, purpose: str, contact_id: UUID | None = None
) -> dict[Channel, bool]:
    return {channel: await consents_to(tx, customer_id, purpose, channel, contact_id) for channel in CHANNELS}


async def record_report(tx: Transaction, message_id: UUID, report: MessageReport, by: str) -> Message:
    """What a sender says became of a message; the same report again changes nothing."""
    message, event = report_delivery(await repository.load_message(tx, message_id), report)
    if await repository.add_report(tx, message, report, by):
        announce(tx, [event])
    return message


def instant_of(message: Message, name: str) -> datetime | None:
    """An instant among a message's data; None where it has none of that name."""
    return datetime.fromisoformat(message.data[name]) if name in message.data else None
