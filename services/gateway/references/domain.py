"""Outside references: (source, ref) -> customer_id. Ids from outside are unique per source (K17)."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.gateway.core.domain import NewId
from shared.errors import DomainError, conflict, customer_not_found, forbidden, invalid
from shared.events import CustomerReferenceRegistered

OWN_SOURCE = "patron"
"""The source of the company's own systems and people."""

Reference = tuple[str, str]
"""(registered source, what it calls the customer)"""


def source_of_partner(partner_id: UUID) -> str:
    """The registered source of a partner."""
    return f"partner:{partner_id}"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports. A partner's key or token fixes its source; the company's own may name any registered one.

    `held_to`: the actor behind it where that is an employee who reports of the accounts it looks after only.
    """

    source: str = OWN_SOURCE
    is_partner: bool = False
    may_backdate: bool = False
    held_to: Hashable | None = None

    @property
    def only_source(self) -> str | None:
        """The one source whose reports this reporter may see and touch; None for the company's own, who may all."""
        return self.source if self.is_partner else None


@dataclass(frozen=True, slots=True)
class CustomerIdentifier:
    """How a report identifies its customer: Patron's id, or a registered source and its reference."""

    customer_id: UUID | None = None
    source: str | None = None
    ref: str | None = None


def source_named(
    reporter: Reporter, named: str | None, names: Mapping[str, str], pointer: str = "/customer/source"
) -> str:
    """The registered source a report belongs to. `names`: every name of a source, a partner's code too -> it."""
    if named is None or named == reporter.source:
        return reporter.source
    source = names.get(named)
    if reporter.is_partner and source != reporter.source:
        raise forbidden("foreign_source", "A partner reports its own customers only.", pointer=pointer)
    if source is None:
        raise invalid("unknown_source", "No such source is registered.", pointer=pointer)
    return source


class RegisteredReference(NamedTuple):
    """A reference of a customer, since when. It may identify a person, so it stays in the registry; `id` names it where
    it would be logged: in paths."""

    customer_id: UUID
    source: str
    ref: str
    registered_at: datetime
    id: UUID | None = None  # None: not written yet

    def event(self) -> CustomerReferenceRegistered:
        """What is announced of it: whose source now has a reference of the customer, and not which one."""
        return CustomerReferenceRegistered(
            customer_id=self.customer_id, source=self.source, registered_at=self.registered_at
        )


def reference_of_another(customer_id: UUID | None) -> DomainError:
    """409: the reference names another customer; whose it is, where who asks may know."""
    facts = {} if customer_id is None else {"other_customer_id": str(customer_id)}
    return conflict(
        "reference_of_another_customer",
        "This reference names another customer. If the two are one, merge them.",
        pointer="/ref",
        **facts,
    )


@dataclass(slots=True)
class Registry:
    """What the registry knows of the customers that a batch names, and what the batch adds to it."""

    references: dict[Reference, UUID] = field(default_factory=dict)
    offered: dict[Reference, UUID] = field(default_factory=dict)  # ids kept for references that are unknown so far
    customers: set[UUID] = field(default_factory=set)
    of_source: set[tuple[UUID, str]] = field(default_factory=set)
    foreign: set[tuple[Hashable, UUID]] = field(default_factory=set)  # actors, and what is no account of theirs
    added: list[RegisteredReference] = field(default_factory=list)

    def events(self) -> list[CustomerReferenceRegistered]:
        """What is announced of the references that were added."""
        return [reference.event() for reference in self.added]

    def find(self, customer: CustomerIdentifier, reporter: Reporter) -> UUID | None:
        """The customer's id, or None: there is no such customer, or (for a partner) none of its own."""
        if customer.customer_id is None:
            assert customer.source is not None
            assert customer.ref is not None
            return self.references.get((customer.source, customer.ref))
        if reporter.is_partner:
            return customer.customer_id if (customer.customer_id, reporter.source) in self.of_source else None
        return customer.customer_id if customer.customer_id in self.customers else None

    def named(self, customer: CustomerIdentifier) -> UUID | None:
        """The id that is meant, whoever names it: of a customer, or one kept for a reference."""
        if customer.customer_id is not None or customer.source is None or customer.ref is None:
            return customer.customer_id
        reference = customer.source, customer.ref
        return self.references.get(reference) or self.offered.get(reference)

    def refuse_foreign(self, customer: CustomerIdentifier, reporter: Reporter) -> None:
        """404 for a customer that is no account of an employee who is held to accounts, as if it were not there."""
        if reporter.held_to is None:
            return
        customer_id = self.named(customer)
        if customer_id is not None and (reporter.held_to, customer_id) in self.foreign:
            pointer = "/customer/ref" if customer.customer_id is None else "/customer/id"
            raise customer_not_found(customer_id, pointer=pointer)

    def offer(self, reference: Reference, new_id: NewId) -> UUID:
        """The id that a reference has, or will have, whoever comes first. An offer alone makes no customer."""
        customer_id = self.references.get(reference) or self.offered.get(reference)
        if customer_id is None:
            customer_id = self.offered[reference] = new_id()
        return customer_id

    def resolve_or_register(
        self, customer: CustomerIdentifier, reporter: Reporter, at: datetime, new_id: NewId
    ) -> UUID:
        """The customer's id; an unknown reference is registered here and now, an unknown id is not found."""
        customer_id = self.find(customer, reporter)
        if customer_id is not None:
            return customer_id
        if customer.customer_id is not None:
            raise customer_not_found(customer.customer_id, pointer="/customer/id")
        assert customer.source is not None
        assert customer.ref is not None
        customer_id = self.offered.get((customer.source, customer.ref)) or new_id()
        self.references[customer.source, customer.ref] = customer_id
        self.customers.add(customer_id)
        self.of_source.add((customer_id, customer.source))
        self.added.append(RegisteredReference(customer_id, customer.source, customer.ref, at))
        return customer_id
