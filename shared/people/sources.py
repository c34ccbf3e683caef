"""Which sources have a reference of a customer, and so which partner sees it (G1)."""

from collections.abc import Sequence
from uuid import UUID

from shared.events import CustomerReferenceRegistered, CustomerReferenceRemoved
from shared.messaging import Subscriptions, Transaction, ids_in
from shared.people.tables import customer_source
from shared.sql import insert_many


def keep_sources(subscriptions: Subscriptions) -> None:
    """Subscribe a service to who has references of whom. What makes customers known is subscribed before this."""
    the_sources = subscriptions.copy("sources", forget_sources)
    subscriptions.on(
        CustomerReferenceRegistered, when_references_are_registered_know_whose_customers_they_are, copy=the_sources
    )
    subscriptions.on(CustomerReferenceRemoved, when_the_last_reference_is_removed_forget_its_source, copy=the_sources)


async def when_references_are_registered_know_whose_customers_they_are(
    tx: Transaction, registered: Sequence[CustomerReferenceRegistered]
) -> None:
    """A source has a reference of a customer: its partner sees the customer from now on (G1)."""
    pairs = sorted({(event.customer_id, event.source) for event in registered})
    await insert_many(tx, customer_source, pairs, columns=("customer_id", "source"), on_conflict="nothing")


async def when_the_last_reference_is_removed_forget_its_source(
    tx: Transaction, removed: Sequence[CustomerReferenceRemoved]
) -> None:
    """A source has no reference of a customer any more: its partner sees the customer no longer (P1, G1)."""
    await tx.raw.execute(
        """delete from customer_source s using unnest($1::uuid[], $2::text[]) as gone (customer_id, source)
           where s.customer_id = gone.customer_id and s.source = gone.source""",
        [event.customer_id for event in removed], [event.source for event in removed],
    )  # fmt: skip


async def forget_sources(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away which sources know these customers, to be made anew."""
    await tx.raw.execute("delete from customer_source where customer_id = any($1::uuid[])", ids_in(keys))


async def list_sources(tx: Transaction, customer_id: UUID) -> list[str]:
    """The sources that a customer has references of, in no order."""
    rows = await tx.raw.fetch("select source from customer_source where customer_id = $1", customer_id)
    return [row["source"] for row in rows]
