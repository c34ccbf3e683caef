"""Customers become known, and a batch's customers are locked before its first handler."""

from collections.abc import Sequence

from services.tiering_svc.customers import repository
from shared.events import (
    CustomerReferenceRegistered,
    CustomerRegistered,
    EmployeeChanged,
    TeamMemberAssigned,
    TeamMemberReleased,
)
from shared.messaging import Transaction, ids_in


async def lock_the_customers_of_a_batch(tx: Transaction, keys: Sequence[str]) -> None:
    """Before the first handler of a batch: lock its customers, whose ids are the keys, in their order."""
    await repository.lock_customers(tx, ids_in(keys))


async def forget_files_sources_and_teams(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away what is kept of these customers, to be made anew. That they exist stays, and their tiers do."""
    await repository.delete_copies_of_customers(tx, ids_in(keys))


async def forget_employees(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away centres and absences of these employees, to be made anew."""
    await repository.delete_copies_of_employees(tx, keys)


async def when_customers_are_registered_know_them(tx: Transaction, customers: Sequence[CustomerRegistered]) -> None:
    """A customer exists, though it may never have ordered."""
    await repository.save_files(tx, customers)


async def when_references_are_registered_know_whose_customers_they_are(
    tx: Transaction, customers: Sequence[CustomerReferenceRegistered]
) -> None:
    """A source has a reference to a customer: its partner may see the customer from now on (G1)."""
    await repository.add_sources(tx, [event.customer_id for event in customers], [event.source for event in customers])


async def when_team_members_are_assigned_know_who_is_responsible(
    tx: Transaction, events: Sequence[TeamMemberAssigned]
) -> None:
    """Keep who looks after a customer, from when on (P5)."""
    await repository.add_members(tx, events)


async def when_team_members_are_released_end_their_time(tx: Transaction, events: Sequence[TeamMemberReleased]) -> None:
    """Keep until when somebody looked after a customer (P5)."""
    await repository.release_members(tx, events)


async def when_employees_change_know_their_centre(tx: Transaction, events: Sequence[EmployeeChanged]) -> None:
    """Keep at which centre an employee works from that change on, when they are away, and who stands in."""
    await repository.place_employees(tx, events)
    await repository.save_absences(tx, events)
