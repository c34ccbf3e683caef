"""Who is known, in which tier, and to which sources: this service's own copy of what others announced."""

from collections.abc import Iterable
from uuid import UUID

from services.complaint_svc.customers.domain import TierHistory, TierPeriod
from services.complaint_svc.customers.tables import customer, tier_copy
from shared.errors import customer_not_found
from shared.events import TierChanged
from shared.messaging import Transaction, ids_in
from shared.sql import insert_columns, insert_many, unnest

NOT_ERASED = "not exists (select from erased_customer e where e.customer_id = $1 and e.person_id is null)"
DROP_TAILS = f"""
delete from tier_copy using {unnest("tail", customer=tier_copy.c.customer_id, start=tier_copy.c.effective_from)}
where customer_id = tail.customer and effective_from >= tail.start
"""


async def load_tiers(tx: Transaction, customer_id: UUID) -> TierHistory:
    """The customer's tiers, locked: a change of them waits meanwhile, and then sees the case that is being filed (K11).

    404 `customer_not_found` for one that complaint has not heard of, and for one that was erased (P13).
    """
    # Two statements: after waiting for the lock, one alone would still read the periods from before the wait.
    lock = f"select 1 from customer where customer_id = $1 and {NOT_ERASED} for share"
    if await tx.raw.fetchval(lock, customer_id) is None:
        raise customer_not_found(customer_id)
    rows = await tx.raw.fetch("select effective_from, tier from tier_copy where customer_id = $1", customer_id)
    return TierHistory(TierPeriod(row["effective_from"], row["tier"]) for row in rows)


async def lock_customers(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Lock the rows of the customers among these keys of streams, in order. Keys that are no ids are no customers."""
    ids = ids_in(customer_ids)
    await tx.raw.fetch("select from customer where customer_id = any($1::uuid[]) order by customer_id for update", ids)


async def save_customers(tx: Transaction, customer_ids: Iterable[UUID]) -> None:
    """Note that these customers exist; that says nothing of their tier."""
    columns = {"customer_id": list(set(customer_ids))}
    await insert_columns(tx, customer, columns, shared={"recorded_at": tx.at}, on_conflict="nothing")


async def delete_tiers(tx: Transaction, keys: Iterable[str]) -> None:
    """Delete the tiers of the customers among these keys of streams."""
    ids = ids_in(keys)
    await tx.raw.execute("delete from tier_copy where customer_id = any($1::uuid[])", ids)


async def list_sources(tx: Transaction, customer_id: UUID) -> list[str] | None:
    """The sources that a customer has references of, in no order; None for one that complaint has not heard of."""
    sources: list[str] | None = await tx.raw.fetchval(
        """select array(select source from customer_source where customer_id = $1)
           from customer where customer_id = $1""",
        customer_id,
    )
    return sources


async def replace_tails(tx: Transaction, tails: Iterable[TierChanged]) -> None:
    """Store the periods of these tails, one tail a customer, instead of what stood from where each begins.

    Their customers are known from now on.
    """
    tails = list(tails)
    customer_ids = [tail.customer_id for tail in tails]
    await save_customers(tx, customer_ids)
    await tx.raw.execute(DROP_TAILS, customer_ids, [tail.replaced_from for tail in tails])
    rows = [(tail.customer_id, p.effective_from, p.tier, p.rank) for tail in tails for p in tail.tail]
    await insert_many(tx, tier_copy, rows, columns=("customer_id", "effective_from", "tier", "rank"))
