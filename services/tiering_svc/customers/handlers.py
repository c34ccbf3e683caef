"""Customers become known, and a batch's customers are locked before its first handler."""

from collections.abc import Sequence

from services.tiering_svc.customers import repository
from shared.events import CustomerReferenceRegistered, CustomerRegistered
from shared.messaging import Transaction, ids_in


async def lock_the_customers_of_a_batch(tx: Transaction, keys: Sequence[str]) -> None:
    """Before the first handler of a batch: lock its customers, whose ids are the keys, in their order."""
    await repository.lock_customers(tx, ids_in(keys))


async def forget_files(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away since when these customers have a file, to be made anew. That they exist stays, and their tiers do."""
    await repository.delete_files(tx, ids_in(keys))


async def when_customers_are_registered_know_them(tx: Transaction, customers: Sequence[CustomerRegistered]) -> None:
    """A customer exists, though it may never have ordered."""
    await repository.save_files(tx, customers)


async def when_references_are_registered_know_the_customers(
    tx: Transaction, customers: Sequence[CustomerReferenceRegistered]
) -> None:
    """A customer that somebody has a reference of exists, though nothing else is known of it."""
    await repository.add_customers(tx, {event.customer_id for event in customers})
