"""What profile announces of privacy (P13): consent, what is to be erased, and that profile has erased it."""

from typing import ClassVar
from uuid import UUID

from shared.events.base import Code, Event, Instant, catalogued
from shared.events.profile import TOPIC


@catalogued
class ConsentChanged(Event):
    """The customer, or a contact of it, allowed or forbade to be written or called to, for a purpose and by a channel
    (P13)."""

    type: ClassVar[str] = "profile.consent_changed.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "changed_at"

    customer_id: UUID
    """Whose consent it is, or at whose account the contact is."""
    contact_id: UUID | None = None
    """The contact who consented; missing: the customer itself."""
    purpose: Code
    """For what: marketing, service, care, survey …, a code of the company."""
    channel: Code
    """By which channel: call, text, email, letter …, a code."""
    granted: bool
    """Whether it is allowed from now on."""
    changed_at: Instant
    """When the customer said so."""


@catalogued
class ErasureRequested(Event):
    """The personal data of a customer is to be erased everywhere (P13). Each service erases what it holds and announces
    that it has; facts without a person (amounts, points, codes) stay under the id, so that the books add up."""

    type: ClassVar[str] = "profile.erasure_requested.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "requested_at"

    customer_id: UUID
    """Whose data is erased, or at whose account the person was."""
    erasure_id: UUID
    """The erasure, which receipts name."""
    person_id: UUID | None = None
    """A person who is no customer (a contact, a family member, a caller, a case's contact); missing: the customer."""
    requested_at: Instant
    """When it was asked for."""


@catalogued
class ProfileDataErased(Event):
    """Profile holds nothing personal any more of a customer, or of a person at its account (P13)."""

    type: ClassVar[str] = "profile.data_erased.v1"
    topic: ClassVar[str] = TOPIC
    time_field: ClassVar[str] = "erased_at"

    customer_id: UUID
    """Whose data was erased, or at whose account the person was."""
    erasure_id: UUID
    """The erasure that this is a receipt of."""
    person_id: UUID | None = None
    """The person who is no customer, where it was one; missing: the customer itself."""
    erased_at: Instant
    """When there was nothing left."""
    stores: tuple[Code, ...]
    """The stores in which there was something: tables, stored replies, files. Empty where there was nothing."""
