"""What profile announces of messages to customers: asked for here, sent by somebody else, who reports back."""

from typing import ClassVar
from uuid import UUID

from shared.events.base import Code, Event, Instant, catalogued
from shared.events.profile import TOPIC


@catalogued
class MessageRequested(Event):
    """A customer is to be told something, and consented to that when this was asked for. Patron sends nothing
    itself: whoever sends fetches the text from `GET /v1/message-requests/{message_id}`, and reports back there."""

    type: ClassVar[str] = "profile.message_requested.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "requested_at"

    customer_id: UUID
    """Who is to be told, or at whose account the contact is."""
    message_id: UUID
    """The message, by which it is fetched and reported."""
    contact_id: UUID | None = None
    """The contact who is to be told; missing: the customer itself."""
    template: Code
    """Which text: `complaint_received`, `case_received`; there will be others."""
    purpose: Code
    """For what: `service`, or another purpose that consent is asked for."""
    channel: Code
    """By which channel: `email`, `text`; there may be others."""
    requested_at: Instant
    """When it was asked for."""


@catalogued
class MessageDeliveryReported(Event):
    """A sender reported what became of a message."""

    type: ClassVar[str] = "profile.message_delivery_reported.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "reported_at"

    customer_id: UUID
    """Who was to be told."""
    message_id: UUID
    """The message."""
    state: Code
    """What became of it: `sent`, `delivered`, `bounced`, `failed`; there may be others."""
    reported_at: Instant
    """When that was, as the sender says."""
