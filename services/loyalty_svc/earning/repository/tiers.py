"""Loyalty's copy of the customers' tier histories."""

from collections.abc import Iterable
from uuid import UUID

from services.loyalty_svc.earning.domain.tier_history import TierHistory, TierPeriod
from services.loyalty_svc.earning.tables import tier_copy
from shared.events import TierChanged
from shared.messaging import Transaction
from shared.sql import insert_many, unnest

DROP_TAILS = f"""
delete from tier_copy using {unnest("tail", customer=tier_copy.c.customer_id, start=tier_copy.c.effective_from)}
where customer_id = tail.customer and effective_from >= tail.start
"""


async def load_tiers(tx: Transaction, customer_ids: Iterable[UUID]) -> dict[UUID, TierHistory]:
    """The tier history of each of these customers; an empty one where none is known."""
    ids = list(customer_ids)
    rows = await tx.raw.fetch(
        """select customer_id, effective_from, tier from tier_copy
           where customer_id = any($1::uuid[]) order by effective_from""",
        ids,
    )
    periods: dict[UUID, list[TierPeriod]] = {customer: [] for customer in ids}
    for row in rows:
        periods[row["customer_id"]].append(TierPeriod(row["effective_from"], row["tier"]))
    return {customer: TierHistory(known) for customer, known in periods.items()}


async def delete_tiers(tx: Transaction, customer_ids: Iterable[UUID]) -> None:
    """Delete all periods of these customers."""
    await tx.raw.execute("delete from tier_copy where customer_id = any($1::uuid[])", list(customer_ids))


async def replace_tails(tx: Transaction, tails: Iterable[TierChanged]) -> None:
    """Store the periods of these tails, one tail a customer, instead of what stood from where each begins.

    The caller holds the customers' locks.
    """
    tails = list(tails)
    await tx.raw.execute(DROP_TAILS, [tail.customer_id for tail in tails], [tail.replaced_from for tail in tails])
    rows = [(t.customer_id, period.effective_from, period.tier) for t in tails for period in t.tail]
    await insert_many(tx, tier_copy, rows, columns=("customer_id", "effective_from", "tier"))
