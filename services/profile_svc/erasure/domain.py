"""What may be erased, what stands in the way, and who still owes a receipt (P13)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.errors import DomainError, conflict, invalid
from shared.events import ErasureRequested

SERVICES = ("profile", "tiering", "complaint", "loyalty", "gateway")
"""Who has to tell that it erased."""

PersonKind = Literal["caller", "contact", "family_member", "case_contact"]

# What identifies a person of each kind; nothing else may be given.
IDENTIFIED_BY: dict[PersonKind, frozenset[str]] = {
    "caller": frozenset({"number"}),
    "contact": frozenset({"customer_id", "name"}),
    "family_member": frozenset({"customer_id", "name"}),
    "case_contact": frozenset({"case_id"}),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is no customer: a caller by its number, a contact or family member of a customer by its name, whom
    to reach about a case by the case."""

    kind: PersonKind
    customer_id: UUID | None = None
    name: str | None = None
    number: str | None = None
    case_id: UUID | None = None

    def check(self) -> None:
        """422 `person_not_identified` unless what identifies the kind, and nothing else, is given."""
        given = {name for name in ("customer_id", "name", "number", "case_id") if getattr(self, name) is not None}
        needed = IDENTIFIED_BY[self.kind]
        if given != needed:
            names = " and ".join(sorted(needed))
            raise invalid(
                "person_not_identified", f"A person of this kind is identified by {names}, and nothing else.",
                pointer=f"/person/{min(given ^ needed)}",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Receipt:
    """A service has told that it holds nothing personal any more of a customer, or of a person at its account."""

    erasure_id: UUID
    customer_id: UUID
    service: str
    erased_at: datetime
    stores: tuple[str, ...]


def open_cases(count: int) -> DomainError:
    """The refusal of an erasure while cases are open: they could not be answered any more."""
    return conflict(
        "open_cases",
        "Cases of this customer are open: they have to be closed first, because nobody could be answered afterwards.",
        open_cases=count,
    )


def requests_of(
    erasure_id: UUID, customer_ids: Iterable[UUID], person_id: UUID | None, at: datetime
) -> list[ErasureRequested]:
    """What is announced: one request for each customer, in the order of their ids."""
    return [
        ErasureRequested(customer_id=customer_id, erasure_id=erasure_id, person_id=person_id, requested_at=at)
        for customer_id in sorted(customer_ids)
    ]


def owed(customer_ids: Iterable[UUID], receipts: Collection[Receipt]) -> Sequence[tuple[UUID, str]]:
    """The customers and services whose receipt has not come yet."""
    come = {(receipt.customer_id, receipt.service) for receipt in receipts}
    return [(id, service) for id in sorted(customer_ids) for service in SERVICES if (id, service) not in come]
