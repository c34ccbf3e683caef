"""What complaints hears of customers: that they exist, and their tier. A better tier presses the deadlines (K11)."""

from collections.abc import Sequence
from uuid import UUID

from services.complaint_svc import repository
from services.complaint_svc.domain.steps import change_tier
from services.complaint_svc.handlers.timing import load_terms, save_decision
from shared.events import CustomerRegistered, TierChanged
from shared.messaging import Transaction


async def lock_customers(tx: Transaction, keys: Sequence[str]) -> None:
    """Customers before cases, both in order. Streams of policies and runs have keys too; they are nobody's."""
    await repository.lock_customers(tx, keys)


async def when_customers_are_registered_know_them(tx: Transaction, registered: Sequence[CustomerRegistered]) -> None:
    await repository.save_customers(tx, {event.customer_id for event in registered})


async def when_tiers_change_keep_a_copy_and_better_open_deadlines(
    tx: Transaction, changes: Sequence[TierChanged]
) -> None:
    last = {change.customer_id: change for change in changes}
    await repository.save_tiers(
        tx, [repository.TierHeard(c.customer_id, c.tier, c.rank, c.effective_from) for c in last.values()]
    )
    cases = await repository.load_open_cases_of(tx, last)
    if not cases:
        return
    terms, heard = await load_terms(tx), _by_customer(changes)
    for before in cases:
        after, events = before, []
        for change in heard[before.customer_id]:
            after, happened = change_tier(after, change.tier, tx.at, terms)
            events += happened
        if after != before:
            await save_decision(tx, before, after, events)


def _by_customer(changes: Sequence[TierChanged]) -> dict[UUID | None, list[TierChanged]]:
    heard: dict[UUID | None, list[TierChanged]] = {}
    for change in changes:
        heard.setdefault(change.customer_id, []).append(change)
    return heard
