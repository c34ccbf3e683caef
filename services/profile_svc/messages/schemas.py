"""Message requests over HTTP."""

from collections.abc import Sequence
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.domain.phones import every_e164
from services.profile_svc.messages.domain.message import (
    Message,
    MessageContact,
    MessageReport,
    ReportedState,
    address_by,
)
from services.profile_svc.messages.handlers import instant_of
from services.profile_svc.messages.texts import write_message
from shared.chassis import Id, Instant, Read, Shape


class MessageRequestRead(Read):
    """A message that a customer is to get, without anything personal.

    `state`: `requested` (to be sent), `withheld` (may not be sent, for the `reason`), or what was reported last:
    `sent`, `delivered`, `bounced`, `failed`.
    """

    id: Id
    customer_id: Id
    contact_id: Id | None = Field(
        description="the contact who is to get it: whom a case names, by the case's id; null: the customer itself"
    )
    template: str
    purpose: str
    channel: str | None = Field(description="`email` or `text`; null where it is withheld")
    state: str
    reason: str | None = Field(description="why it is withheld: `no_consent`, `no_address`")
    requested_at: Instant
    state_at: Instant

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls.model_validate(message)


class MessageText(Read):
    """What the message says in one language."""

    subject: str
    body: str


class MessageTexts(Read):
    """What the message says."""

    en: MessageText
    zh: MessageText


class RenderedMessageRead(MessageRequestRead):
    """A message with its text, rendered now, and where it goes."""

    consented: bool = Field(description="whether who gets it allows it now; do not send it otherwise")
    to: str | None = Field(description="the address: e-mail, or a telephone number in E.164; null: none is known now")
    text: MessageTexts

    @classmethod
    def rendered(
        cls, message: Message, file: CustomerFile | None, contact: MessageContact | None, *, consented: bool,
        zone: ZoneInfo, regions: Sequence[str],
    ) -> Self:  # fmt: skip
        """A message with what the customer's file, or the case that names the contact, says now. `zone`: the business
        zone, for instants in the text; `regions`: where a contact's number may be of that has no country code."""
        if message.contact_id is None:
            names = {language: None if file is None else file.name_in(language) for language in ("en", "zh")}
            to = None if message.channel is None else address_by(file, message.channel)
        else:
            names = dict.fromkeys(("en", "zh"), None if contact is None else contact.name)
            numbers = every_e164(contact.phone, regions) if contact is not None and contact.phone else []
            to = None if contact is None or not message.channel else contact.address_by(message.channel, numbers)
        subject, body = write_message(message, names, instant_of(message, "answer_by"), zone)
        return cls(
            **MessageRequestRead.of(message).model_dump(),
            consented=consented,
            to=to,
            text=MessageTexts(
                en=MessageText(subject=subject["en"], body=body["en"]),
                zh=MessageText(subject=subject["zh"], body=body["zh"]),
            ),
        )


class MessageReportCreate(Shape):
    """What became of a message."""

    state: ReportedState = Field(
        description="`sent`: handed on; `delivered`: it arrived; `bounced`: the address took it not; `failed`: given up"
    )
    at: Instant = Field(description="when that was")

    def report(self) -> MessageReport:
        """The report as the rules take it."""
        return MessageReport(self.state, self.at)
