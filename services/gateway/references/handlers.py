"""The registry at work: ids are offered and registered, and whether a customer exists for who asks."""

from collections.abc import Sequence
from uuid import UUID

from services.gateway.references.domain import CustomerIdentifier, Reference, Reporter
from services.gateway.references.repository import (
    add_known,
    add_offers,
    add_references,
    is_known,
    is_of_source,
    list_offered,
    load_registry,
)
from shared.erasure import without_erased
from shared.errors import customer_not_found
from shared.events import CustomerRegistered
from shared.messaging import Transaction, announce, new_id


async def when_customers_are_registered_they_are_known(tx: Transaction, files: Sequence[CustomerRegistered]) -> None:
    """They exist from now on. References that their ids were offered to are registered too: the sender of such a file
    may never have got profile's answer."""
    customer_ids = await without_erased(tx, [file.customer_id for file in files])
    await register_references(tx, await list_offered(tx, customer_ids), Reporter())
    await add_known(tx, customer_ids)


async def keep_what_is_known(_tx: Transaction, _keys: Sequence[str]) -> None:
    """Nothing is forgotten: customers of whom intake has orders exist, whatever profile has said of them."""


async def know_registered_customers(tx: Transaction, files: Sequence[CustomerRegistered]) -> None:
    """They exist, and nothing else follows that did not follow when it was announced."""
    await add_known(tx, await without_erased(tx, [file.customer_id for file in files]))


async def register_opened_files(
    tx: Transaction, customer_ids: Sequence[UUID], references: Sequence[Reference], reporter: Reporter
) -> None:
    """Profile has just answered that these files are open: their customers exist and their references are registered,
    without waiting for profile's event."""
    await register_references(tx, references, reporter)
    await add_known(tx, customer_ids)


async def require_customer(tx: Transaction, customer_id: UUID, reporter: Reporter) -> None:
    """Refuse an unknown customer with 404; for a partner, also one that its source has no reference of."""
    exists = (
        await is_of_source(tx, customer_id, reporter.source) if reporter.is_partner else await is_known(tx, customer_id)
    )
    if not exists:
        raise customer_not_found(None if reporter.is_partner else customer_id)  # the registry itself is here


async def offer_ids(tx: Transaction, references: Sequence[Reference]) -> list[UUID]:
    """The ids of references, in order, for files that profile may still refuse: kept, but not registered or announced.

    So a refused file leaves no customer. An accepted one has the reference's only id, also when an order comes in
    between or this process does not live to register it: the order, or the file sent again, then does.
    """
    registry = await load_registry(tx, list(dict.fromkeys(references)), [])
    offered_before = dict(registry.offered)
    ids = [registry.offer(reference, new_id) for reference in references]
    offers = {reference: id for reference, id in registry.offered.items() if reference not in offered_before}
    if offers:
        await add_offers(tx, offers)
    return ids


async def find_ids(tx: Transaction, references: Sequence[Reference]) -> list[UUID | None]:
    """The ids of references, in order, as far as they are registered; nothing is kept."""
    registry = await load_registry(tx, list(dict.fromkeys(references)), [])
    return [registry.references.get(reference) for reference in references]


async def register_references(tx: Transaction, references: Sequence[Reference], reporter: Reporter) -> list[UUID]:
    """The customer's id behind each reference, in order; an unknown one gets its id here, as by its first order."""
    if not references:
        return []
    registry = await load_registry(tx, list(dict.fromkeys(references)), [])
    ids = [
        registry.resolve_or_register(CustomerIdentifier(source=source, ref=ref), reporter, tx.at, new_id)
        for source, ref in references
    ]
    if registry.added:
        await add_references(tx, registry.added)
        announce(tx, registry.events())
    return ids
