"""The registry at work: ids are offered and registered, and whether a customer exists for who asks."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from services.gateway.references.domain import (
    CustomerIdentifier,
    Reference,
    RegisteredReference,
    Registry,
    Reporter,
    reference_of_another,
)
from services.gateway.references.repository import (
    add_known,
    add_offers,
    add_reference,
    add_references,
    delete_offers,
    find_reference,
    is_known,
    is_of_source,
    list_offered,
    list_references,
    load_registry,
    lock_customer,
    remove_reference,
)
from shared.chassis import Actor, Service, list_visible
from shared.customers import list_members, list_roots
from shared.erasure import without_erased
from shared.errors import customer_not_found, not_found
from shared.events import CustomerReferenceRemoved, CustomerRegistered
from shared.messaging import Database, Transaction, announce, new_id
from shared.messaging.periodic import repeat_until_stopped

OFFERS_KEPT = timedelta(days=7)
FORGET_OFFERS_SECONDS = 3600.0
OFFERS_AT_ONCE = 1000


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


async def note_foreign(
    tx: Transaction, registry: Registry, named: Iterable[tuple[Reporter, CustomerIdentifier]]
) -> None:
    """Have the registry know which of these customers are no accounts of who names them, where that is an employee who
    is held to accounts; for everybody else nothing is asked."""
    by_actor: dict[Actor, set[UUID]] = {}
    for reporter, customer in named:
        customer_id = registry.named(customer)
        if isinstance(reporter.held_to, Actor) and customer_id is not None:
            by_actor.setdefault(reporter.held_to, set()).add(customer_id)
    for actor, customer_ids in by_actor.items():
        visible = await list_visible(tx, actor, customer_ids)
        registry.foreign |= {(actor, customer_id) for customer_id in customer_ids - visible}


async def is_foreign(tx: Transaction, reporter: Reporter, customer_id: UUID) -> bool:
    """Whether who reports is held to accounts, and this customer is none of them."""
    actor = reporter.held_to
    return isinstance(actor, Actor) and not await list_visible(tx, actor, [customer_id])


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


async def forget_offers_as_time_passes(service: Service, stop: asyncio.Event) -> None:
    """The background job: what was offered to files that were refused, and that nobody named again, is forgotten. Such
    a reference may be a person's number, and no erasure finds it: it is nobody's."""

    async def forget_old() -> None:
        await forget_offers(service.database, service.database.clock() - OFFERS_KEPT)

    await repeat_until_stopped(forget_old, stop, pause_seconds=FORGET_OFFERS_SECONDS, failure="offers_not_forgotten")


async def forget_offers(database: Database, made_before: datetime) -> int:
    """Forget offers of before an instant that nobody took up, batch by batch; how many there were."""
    count = 0
    while deleted := await database.run(partial(delete_offers, made_before=made_before, limit=OFFERS_AT_ONCE)):
        count += deleted
    return count


async def find_ids(tx: Transaction, references: Sequence[Reference]) -> list[UUID | None]:
    """The ids of references, in order, as far as they are registered; nothing is kept."""
    registry = await load_registry(tx, list(dict.fromkeys(references)), [])
    return [registry.references.get(reference) for reference in references]


async def add_customer_reference(
    tx: Transaction, customer_id: UUID, reference: Reference, reporter: Reporter, *, tells_whose: bool
) -> tuple[RegisteredReference, bool]:
    """Another reference of a customer that is there; and whether it is new. The same again changes nothing.

    404 for a customer that the reporter does not know, 409 for a reference of another one; `tells_whose`: with its id.
    """
    await require_customer(tx, customer_id, reporter)
    await lock_customer(tx, customer_id)
    known = await find_reference(tx, reference)
    if known is not None:
        roots = await list_roots(tx, [customer_id, known.customer_id])
        if roots[customer_id] != roots[known.customer_id]:
            raise reference_of_another(known.customer_id if tells_whose else None)
        return known, False
    added = await add_reference(tx, RegisteredReference(customer_id, *reference, tx.at))
    announce(tx, [added.event()])
    return added, True


async def list_customer_references(tx: Transaction, customer_id: UUID, reporter: Reporter) -> list[RegisteredReference]:
    """All references of a customer, of all its members where it was merged (P12); for a partner those of its own
    source."""
    await require_customer(tx, customer_id, reporter)
    references = await list_references(tx, (await list_members(tx, [customer_id]))[customer_id])
    return [reference for reference in references if reporter.only_source in (None, reference.source)]


async def remove_customer_reference(
    tx: Transaction, customer_id: UUID, reference_id: UUID, reporter: Reporter
) -> RegisteredReference:
    """Remove a reference of a customer, or of one it is one with (P12): from now on it names nobody. 404 for one that
    the customer has not, or not of the partner's source."""
    of_customer = {reference.id: reference for reference in await list_customer_references(tx, customer_id, reporter)}
    if reference_id not in of_customer:
        raise not_found("reference_not_found", "The customer has no such reference.")
    await lock_customer(tx, of_customer[reference_id].customer_id)
    reference = await find_reference(tx, (of_customer[reference_id].source, of_customer[reference_id].ref))
    if reference is None or reference.id != reference_id:
        raise not_found("reference_not_found", "The customer has no such reference.")
    if await remove_reference(tx, reference):
        announce(
            tx,
            [CustomerReferenceRemoved(customer_id=reference.customer_id, source=reference.source, removed_at=tx.at)],
        )
    return reference


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
