"""Erasures over HTTP (P13): whose, why, how far they are, and who has told that it erased."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from services.profile_svc.erasure.domain import Person, PersonKind, owed
from services.profile_svc.erasure.repository import ErasureRow
from services.profile_svc.files.schemas import PhoneNumber
from shared.chassis import AnnouncedCode, Id, Instant, Name, Read, Shape


class PersonShape(Shape):
    """A person who is no customer, by what identifies it."""

    kind: PersonKind = Field(description="what the person is to the business")
    customer_id: Id | None = Field(default=None, description="whose contact or family member it is")
    name: Name | None = Field(default=None, description="of a contact or a family member, as it was written down")
    number: PhoneNumber | None = Field(default=None, description="a caller's number")
    case_id: Id | None = Field(default=None, description="of a case's contact, the case")

    def person(self) -> Person:
        """What the domain is asked for."""
        return Person(self.kind, self.customer_id, self.name, self.number, self.case_id)


class ErasureCreate(Shape):
    """Whose data is to be erased, and why."""

    person: PersonShape
    reason: AnnouncedCode = Field(description="why, as a code of the company: asked_by_person, end_of_term …")


class ReceiptRead(Read):
    """A service has told that it holds nothing personal any more."""

    customer_id: UUID
    service: str
    erased_at: Instant
    stores: list[str] = Field(description="in which there was something: tables, stored replies, files")


class OwedRead(Read):
    """A service that has not told yet."""

    customer_id: UUID
    service: str


class ErasureRead(Read):
    """An erasure and how far it is."""

    id: UUID
    status: Literal["running", "done"]
    customer_ids: list[UUID] = Field(description="whose data it is, or at whose account the person was")
    person_kind: PersonKind | None = Field(description="null: the customer itself")
    reason: str
    requested_by: str
    requested_at: Instant
    finished_at: Instant | None = Field(description="when the last service had told; null: not all have yet")
    receipts: list[ReceiptRead]
    owed_by: list[OwedRead] = Field(description="who has not told yet")


def show_erasure(row: ErasureRow) -> ErasureRead:
    """An erasure as it is told."""
    return ErasureRead(
        id=row.id,
        status="running" if row.finished_at is None else "done",
        customer_ids=list(row.customer_ids),
        person_kind=row.person_kind,
        reason=row.reason,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
        receipts=[ReceiptRead.model_validate(receipt) for receipt in row.receipts],
        owed_by=[OwedRead(customer_id=id, service=service) for id, service in owed(row.customer_ids, row.receipts)],
    )
