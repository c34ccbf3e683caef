"""What complaint hears of customers: that they exist, whose they are, their tier and their region."""

from collections.abc import Sequence

from services.complaint_svc.customers import repository
from shared.events import (
    CustomerReferenceRegistered,
    CustomerRegistered,
    CustomerTraitsChanged,
    TierChanged,
    join_tails,
)
from shared.messaging import Transaction


async def lock_customers(tx: Transaction, keys: Sequence[str]) -> None:
    """Customers before cases, both in order. Streams of policies and runs have keys too; they are nobody's."""
    await repository.lock_customers(tx, keys)


async def forget_customers(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away what is kept of these customers, to be made anew. That they exist stays: cases are being filed."""
    await repository.delete_tiers(tx, keys)
    await repository.delete_regions(tx, keys)


async def when_customers_are_registered_know_them(tx: Transaction, registered: Sequence[CustomerRegistered]) -> None:
    await repository.save_customers(tx, {event.customer_id for event in registered})


async def when_references_are_registered_know_the_customers(
    tx: Transaction, registered: Sequence[CustomerReferenceRegistered]
) -> None:
    """A source has a reference of a customer: it exists, and cases may be filed for it from now on (G1)."""
    await repository.save_customers(tx, {event.customer_id for event in registered})


async def when_traits_change_keep_the_region(tx: Transaction, changes: Sequence[CustomerTraitsChanged]) -> None:
    """The region that a customer's file says now: cases that are filed from now on are worked by its hours (C3)."""
    await repository.save_regions(tx, {event.customer_id: event.region for event in changes})


async def when_tiers_change_keep_a_copy(tx: Transaction, changes: Sequence[TierChanged]) -> None:
    """The tail of each customer's tier history takes the place of what was known from there on."""
    await repository.replace_tails(tx, join_tails(changes).values())
