"""Contacts, cases, traits and groups are kept as they are announced; indicators are counted from them (T1, P2)."""

from collections.abc import Sequence

from services.tiering_svc.indicators.repository import external_facts
from shared.events import (
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReopened,
    ContactLogged,
    CustomerIdentified,
    CustomerTraitsChanged,
    GroupParentChanged,
    NextStepCompleted,
)
from shared.messaging import Transaction, ids_in


async def forget_external_facts(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away contacts, cases, traits and parents of these customers, to be made anew; tiers stay as decided."""
    await external_facts.delete_external_facts(tx, ids_in(keys))


async def list_keys_of_their_cases(tx: Transaction, keys: Sequence[str]) -> list[str]:
    """The cases' own keys: facts from before their customers were identified came under those."""
    return [str(case_id) for case_id in await external_facts.list_cases(tx, ids_in(keys))]


def key_of_former_customer(event: CustomerIdentified) -> str | None:
    """Under whose key the case's facts came until it turned out to be another's (C1)."""
    return None if event.previous_customer_id is None else str(event.previous_customer_id)


async def when_contacts_are_logged_keep_them(tx: Transaction, events: Sequence[ContactLogged]) -> None:
    """Contacts, with the next step that was agreed."""
    await external_facts.add_contacts(tx, events)


async def when_next_steps_are_completed_keep_when(tx: Transaction, events: Sequence[NextStepCompleted]) -> None:
    """A next step is done from then on."""
    await external_facts.save_completions(tx, events)


async def when_complaints_are_filed_keep_them(tx: Transaction, events: Sequence[ComplaintFiled]) -> None:
    """Cases of every kind, linked to a customer or to nobody yet."""
    await external_facts.save_filings(tx, events)


async def when_customers_are_identified_know_whose_cases_they_are(
    tx: Transaction, events: Sequence[CustomerIdentified]
) -> None:
    """A case is the customer's from its filing on, but known to be so only from now on."""
    await external_facts.save_identifications(tx, events)


async def when_complaints_are_closed_keep_how(tx: Transaction, events: Sequence[ComplaintClosed]) -> None:
    """A case is closed, with how satisfied the customer was, if it is known."""
    await external_facts.add_case_changes(tx, "closed", events, [event.closed_at for event in events])


async def when_complaints_are_reopened_keep_that(tx: Transaction, events: Sequence[ComplaintReopened]) -> None:
    """A case is open again."""
    await external_facts.add_case_changes(tx, "reopened", events, [event.reopened_at for event in events])


async def when_traits_change_keep_them_beside_the_earlier(
    tx: Transaction, events: Sequence[CustomerTraitsChanged]
) -> None:
    """What a customer's file says, beside what it said before."""
    await external_facts.add_traits(tx, events)


async def when_group_parents_change_keep_both(tx: Transaction, events: Sequence[GroupParentChanged]) -> None:
    """A customer is below another parent, or below nobody, from a day on (P2)."""
    await external_facts.add_parents(tx, events)
