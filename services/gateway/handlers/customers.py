"""Which customers exist and whose they are: what intake and the forwarding door need to know, kept from facts."""

from collections.abc import Sequence
from uuid import UUID

from services.gateway.domain.references import Address, Reference, Reporter
from services.gateway.repository import references
from shared.errors import not_found
from shared.events import CustomerRegistered
from shared.messaging import Subscriptions, Transaction, announce, new_id

subscriptions = Subscriptions()


@subscriptions.on(CustomerRegistered)
async def when_customers_are_registered_they_are_known(tx: Transaction, files: Sequence[CustomerRegistered]) -> None:
    await references.add_known(tx, [file.customer_id for file in files])


async def customers_are_known(tx: Transaction, customer_ids: Sequence[UUID]) -> None:
    """Profile has just said so: no need to wait for its event."""
    await references.add_known(tx, customer_ids)


async def require_customer(tx: Transaction, customer_id: UUID, reporter: Reporter) -> None:
    """An unknown customer is 404, and so is, for a partner, one that it has no reference of."""
    known = (
        await references.is_of_source(tx, customer_id, reporter.source)
        if reporter.is_partner
        else await references.is_known(tx, customer_id)
    )
    if not known:
        raise customer_not_found()


async def register_references(tx: Transaction, named: Sequence[Reference], reporter: Reporter) -> list[UUID]:
    """The customer behind each reference; an unknown one gets its id here, as it would by its first order."""
    registry = await references.load_registry(tx, list(dict.fromkeys(named)), [])
    ids = [registry.reference(Address(source=source, ref=ref), reporter, tx.at, new_id) for source, ref in named]
    if registry.added:
        await references.add_references(tx, registry.added)
        announce(tx, registry.added)
    return ids


def customer_not_found() -> Exception:
    return not_found("customer_not_found", "no such customer")
