"""What loyalty hears of whose customers they are."""

from collections.abc import Sequence

from services.loyalty_svc.customers.repository import delete_sources, save_sources
from shared.events import CustomerReferenceRegistered
from shared.messaging import Transaction, ids_in


async def forget_sources(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away which sources know these customers, to be made anew."""
    await delete_sources(tx, ids_in(keys))


async def when_references_are_registered_know_whose_customers_they_are(
    tx: Transaction, registered: Sequence[CustomerReferenceRegistered]
) -> None:
    """A source has a reference of a customer: its partner may see the customer's points from now on (G1)."""
    await save_sources(tx, [(event.customer_id, event.source) for event in registered])
