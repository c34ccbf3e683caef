"""Which customers exist and whose they are: what intake and the forwarding door need to know, kept from facts."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.gateway.references import repository as references
from services.gateway.references.domain import Address, Reference, Reporter
from shared.errors import not_found
from shared.events import CustomerRegistered
from shared.messaging import Transaction, announce, new_id


async def when_customers_are_registered_they_are_known(tx: Transaction, files: Sequence[CustomerRegistered]) -> None:
    """So are the references that they were offered, whose sender may never have got profile's answer."""
    customer_ids = [file.customer_id for file in files]
    await register_references(tx, await references.list_offered(tx, customer_ids), Reporter())
    await references.add_known(tx, customer_ids)


def has_a_file(status: int, said: Mapping[str, object]) -> bool:
    """Whether there is a file after profile's answer: a new one, or one that was there before."""
    return status < 300 or said.get("code") == "file_exists"


async def files_are_open(
    tx: Transaction, customer_ids: Sequence[UUID], named: Sequence[Reference], reporter: Reporter
) -> None:
    """Profile has just said so: no need to wait for its event, and their references are used from now on."""
    await register_references(tx, named, reporter)
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


async def offer_ids(tx: Transaction, named: Sequence[Reference]) -> list[UUID]:
    """The ids of references, for files that profile may still refuse: kept, but nobody is seen or announced yet.

    So a refused file leaves no customer. An accepted one has the reference's only id, also when an order comes in
    between or we do not live to register it: the order, or the file sent again, then does.
    """
    registry = await references.load_registry(tx, list(dict.fromkeys(named)), [])
    offered_before = dict(registry.offered)
    ids = [registry.offer(reference, new_id) for reference in named]
    offers = {reference: id for reference, id in registry.offered.items() if reference not in offered_before}
    if offers:
        await references.add_offers(tx, offers)
    return ids


async def register_references(tx: Transaction, named: Sequence[Reference], reporter: Reporter) -> list[UUID]:
    """The customer behind each reference; an unknown one gets its id here, as it would by its first order."""
    if not named:
        return []
    registry = await references.load_registry(tx, list(dict.fromkeys(named)), [])
    ids = [registry.reference(Address(source=source, ref=ref), reporter, tx.at, new_id) for source, ref in named]
    if registry.added:
        await references.add_references(tx, registry.added)
        announce(tx, registry.added)
    return ids


def customer_not_found() -> Exception:
    return not_found("customer_not_found", "no such customer")
