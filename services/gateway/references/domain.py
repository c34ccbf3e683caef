"""Outside references: (source, ref) -> customer_id. Ids from outside are unique per source (K17)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.gateway.core.domain import NewId
from shared.errors import forbidden, invalid, not_found
from shared.events import CustomerReferenceRegistered

OWN_SOURCE = "patron"
"""The source of the company's own systems and people."""

Reference = tuple[str, str]


def source_of_partner(partner_id: UUID) -> str:
    return f"partner:{partner_id}"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, in intake's terms. A partner's key fixes its source; the company's own name one in the body."""

    source: str = OWN_SOURCE
    is_partner: bool = False
    may_backdate: bool = False

    @property
    def only_source(self) -> str | None:
        """The one source whose reports this reporter may see and touch; None for the company's own, who may all."""
        return self.source if self.is_partner else None


@dataclass(frozen=True, slots=True)
class Address:
    """How a report names its customer: Patron's id, or a source's reference."""

    customer_id: UUID | None = None
    source: str | None = None
    ref: str | None = None


def source_named(
    reporter: Reporter, named: str | None, names: Mapping[str, str], pointer: str = "/customer/source"
) -> str:
    """The source a report belongs to. `names` maps every name of a registered source (a partner's code too) to it."""
    if named is None or named == reporter.source:
        return reporter.source
    source = names.get(named)
    if reporter.is_partner and source != reporter.source:
        raise forbidden("foreign_source", "a partner reports its own customers only", pointer=pointer)
    if source is None:
        raise invalid("unknown_source", "no such source is registered", pointer=pointer)
    return source


@dataclass(slots=True)
class Registry:
    """What the registry knows of the customers that a batch names, and what the batch adds to it."""

    references: dict[Reference, UUID] = field(default_factory=dict)
    offered: dict[Reference, UUID] = field(default_factory=dict)  # ids kept for references that are unknown so far
    customers: set[UUID] = field(default_factory=set)
    of_source: set[tuple[UUID, str]] = field(default_factory=set)
    added: list[CustomerReferenceRegistered] = field(default_factory=list)

    def find(self, address: Address, reporter: Reporter) -> UUID | None:
        """The customer meant, or None: nobody such, or (for a partner) nobody of its own."""
        if address.customer_id is None:
            assert address.source is not None
            assert address.ref is not None
            return self.references.get((address.source, address.ref))
        if reporter.is_partner:
            return address.customer_id if (address.customer_id, reporter.source) in self.of_source else None
        return address.customer_id if address.customer_id in self.customers else None

    def offer(self, reference: Reference, new_id: NewId) -> UUID:
        """The id that a reference has, or will have, whoever comes first; nobody is seen by that."""
        known = self.references.get(reference) or self.offered.get(reference)
        if known is None:
            known = self.offered[reference] = new_id()
        return known

    def reference(self, address: Address, reporter: Reporter, at: datetime, new_id: NewId) -> UUID:
        """The customer meant; an unknown reference gets an id here and now. An unknown id is refused."""
        found = self.find(address, reporter)
        if found is not None:
            return found
        if address.customer_id is not None or address.source is None or address.ref is None:
            raise not_found("customer_not_found", "no such customer", pointer="/customer/id")
        customer_id = self.offered.get((address.source, address.ref)) or new_id()
        self.references[address.source, address.ref] = customer_id
        self.customers.add(customer_id)
        self.of_source.add((customer_id, address.source))
        self.added.append(
            CustomerReferenceRegistered(
                customer_id=customer_id, source=address.source, ref=address.ref, registered_at=at
            )
        )
        return customer_id
