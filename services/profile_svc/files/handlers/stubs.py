"""Stubs are opened for customers that intake met (P1), and sources that know a customer no more are forgotten (G1)."""

from collections.abc import Sequence

from services.profile_svc.files.domain.customer_file import open_stub
from services.profile_svc.files.repository import customer_files
from services.profile_svc.references.repository.customer_sources import add_sources, drop_sources
from shared.events import CustomerReferenceRegistered, CustomerReferenceRemoved
from shared.messaging import Transaction, announce


async def when_references_are_registered_open_stubs(
    tx: Transaction, registered: Sequence[CustomerReferenceRegistered]
) -> None:
    """A reference nobody knew: its customer gets an empty file, which somebody completes later. Once, however often."""
    opened = {event.customer_id: open_stub(event.customer_id, event.registered_at) for event in registered}
    new = await customer_files.add_stubs(tx, [stub for stub, _ in opened.values()])
    await add_sources(tx, [(event.customer_id, event.source) for event in registered])
    announce(tx, [event for id, (_, events) in opened.items() if id in new for event in events])


async def when_the_last_reference_is_removed_forget_its_source(
    tx: Transaction, removed: Sequence[CustomerReferenceRemoved]
) -> None:
    """The source knows the customer no more: its partner sees it no more (G1)."""
    await drop_sources(tx, [(event.customer_id, event.source) for event in removed])
