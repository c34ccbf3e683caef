"""A message that a customer is to get: from the fact that asks for it to what a sender reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.profile_svc.files.domain.customer_file import CustomerFile
from shared.errors import conflict, invalid
from shared.events import ComplaintAcknowledged, MessageDeliveryReported, MessageRequested

Channel = Literal["email", "text"]
ReportedState = Literal["sent", "delivered", "bounced", "failed"]
WithheldReason = Literal["no_consent", "no_address"]

CHANNELS: tuple[Channel, ...] = ("email", "text")  # in the order in which they are tried
PURPOSES: Mapping[str, str] = {"complaint_received": "service", "case_received": "service"}
"""For what a template writes to a customer; every template is here."""


@dataclass(frozen=True, slots=True)
class MessageReport:
    """What a sender says became of a message, and when that was."""

    state: ReportedState
    at: datetime


@dataclass(frozen=True, slots=True)
class MessageContact:
    """Somebody at a customer's account to whom a message goes, as the case has it that names this person."""

    name: str | None
    email: str | None
    phone: str | None

    def address_by(self, channel: Channel, numbers: Sequence[str]) -> str | None:
        """Where a message by this channel reaches the contact; `numbers` are the readings of its phone in E.164."""
        return self.email if channel == "email" else next(iter(numbers), None)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A fact that asks for a message. `key` is the same however often it is announced; `data` has what the text names:
    codes and instants, nothing personal."""

    key: str
    customer_id: UUID
    template: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    contact_id: UUID | None = None  # somebody else who is named for it
    reached_by: Sequence[str] = ()  # by which channels that person can be reached


@dataclass(frozen=True, slots=True)
class Message:
    """A request for a message. `channel` is None where it is withheld; `state` is `requested`, `withheld`, or what was
    reported last (`state_at`)."""

    id: UUID
    customer_id: UUID
    contact_id: UUID | None
    template: str
    purpose: str
    channel: Channel | None
    data: Mapping[str, Any]
    occasion: str
    state: str
    reason: WithheldReason | None
    requested_at: datetime
    state_at: datetime

    def announcement(self) -> MessageRequested:
        """What is announced of a request that is not withheld."""
        assert self.channel is not None
        return MessageRequested(
            customer_id=self.customer_id, message_id=self.id, contact_id=self.contact_id, template=self.template,
            purpose=self.purpose, channel=self.channel, requested_at=self.requested_at,
        )  # fmt: skip


def case_number(case_id: UUID) -> str:
    """How a customer names its case: `C-` and the end of the case's id, which is random."""
    return f"C-{case_id.hex[-8:].upper()}"


def occasion_of_acknowledgement(event: ComplaintAcknowledged) -> Occasion | None:
    """A case that was acknowledged tells its customer so, or whom it names beside the customer; of a case of nobody
    known there is nobody to tell."""
    if event.customer_id is None:
        return None
    template = "complaint_received" if event.kind == "complaint" else "case_received"
    data = {"case": case_number(event.case_id)}
    if event.answer_by is not None:
        data["answer_by"] = event.answer_by.isoformat()
    key = f"acknowledged:{event.case_id}:{event.acknowledged_at.isoformat()}"
    contact_id = event.case_id if event.reached_by else None
    return Occasion(key, event.customer_id, template, event.acknowledged_at, data, contact_id, event.reached_by)


def is_timely(occasion: Occasion, now: datetime, latest: timedelta) -> bool:
    """Whether a message about it still tells the customer something."""
    return occasion.at >= now - latest


def address_by(file: CustomerFile | None, channel: Channel) -> str | None:
    """Where a message by this channel reaches the customer: the first e-mail address, or the first number that takes a
    text; None where the file has none."""
    if file is None:
        return None
    if channel == "email":
        return next(iter(file.texts("emails", "address")), None)
    phones = file.facts.get("phones") or ()
    return next(
        (phone["e164"] for phone in phones if phone.get("kind") in (None, "mobile") and phone.get("e164")), None
    )


def request_message(
    message_id: UUID, occasion: Occasion, file: CustomerFile | None, consents: Mapping[Channel, bool],
    at: datetime, consents_of_contact: Mapping[Channel, bool] | None = None,
) -> Message:  # fmt: skip
    """The request for an occasion: to whom it names for it, by the first channel that this contact allows and can be
    reached by; else to the customer, in the same way; withheld where there is none. Both `consents` have every channel
    of those who are asked about."""
    of_contact = consents_of_contact or {}
    by = [c for c in CHANNELS if c in occasion.reached_by and of_contact.get(c, False)]
    if occasion.contact_id is not None and by:
        return Message(
            message_id, occasion.customer_id, occasion.contact_id, occasion.template, PURPOSES[occasion.template],
            by[0], occasion.data, occasion.key, "requested", None, at, at,
        )  # fmt: skip
    allowed = [channel for channel in CHANNELS if consents[channel]]
    reachable = [channel for channel in allowed if address_by(file, channel) is not None]
    reason: WithheldReason | None = None if reachable else "no_address" if allowed else "no_consent"
    return Message(
        message_id, occasion.customer_id, None, occasion.template, PURPOSES[occasion.template],
        reachable[0] if reachable else None, occasion.data, occasion.key, "requested" if reachable else "withheld",
        reason, at, at,
    )  # fmt: skip


def report_delivery(message: Message, report: MessageReport) -> tuple[Message, MessageDeliveryReported]:
    """What a sender reports of a message. The latest report by the time it happened is the state: one that comes late
    is kept and changes nothing. Of two at one instant, as of a sender that knows no fractions of a second, it was sent
    first. 409 `message_withheld`; 422 `before_its_request`."""
    if message.state == "withheld":
        raise conflict("message_withheld", "The message may not be sent: nothing can have become of it.")
    if report.at < message.requested_at:
        raise invalid("before_its_request", "The message was requested later.", pointer="/at")
    event = MessageDeliveryReported(
        customer_id=message.customer_id, message_id=message.id, state=report.state, reported_at=report.at
    )
    is_behind = (report.at, report.state != "sent") < (message.state_at, message.state != "sent")
    if message.state != "requested" and is_behind:
        return message, event
    return replace(message, state=report.state, state_at=report.at), event
