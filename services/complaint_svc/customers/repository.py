"""Who is known, in which tier, and to which sources: this service's own copy of what others announced."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.complaint_svc.customers.tables import customer_source, tier_copy
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import Upsert, insert_columns, insert_many

CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class CustomerTier:
    """A customer's tier as tiering announced it; `rank` grows with the tier."""

    customer_id: UUID
    tier: str
    rank: int
    effective_from: datetime


async def load_tier(tx: Transaction, customer_id: UUID) -> str | None:
    """The customer's tier, locked: a change of it waits meanwhile, and then sees the case that is being filed (K11)."""
    query = select(tier_copy.c.tier).where(tier_copy.c.customer_id == customer_id).with_for_update(read=True)
    row = (await tx.sql.execute(query)).one_or_none()
    if row is None:
        raise not_found("customer_not_found", "There is no such customer.")
    tier: str | None = row[0]
    return tier


async def lock_customers(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Lock the rows of the customers among these keys of streams, in order. Keys that are no ids are no customers."""
    ids = [text for text in customer_ids if CANONICAL.fullmatch(text)]
    await tx.raw.fetch("select from tier_copy where customer_id = any($1::uuid[]) order by customer_id for update", ids)


async def save_customers(tx: Transaction, customer_ids: Iterable[UUID]) -> None:
    """Note that these customers exist; that says nothing of their tier."""
    columns = {"customer_id": list(set(customer_ids))}
    await insert_columns(tx, tier_copy, columns, shared={"recorded_at": tx.at}, on_conflict="nothing")


async def save_sources(tx: Transaction, sources: Iterable[tuple[UUID, str]]) -> None:
    """Keep pairs of a customer and a source that has a reference of it; those that are known change nothing."""
    rows = sorted(set(sources))
    await insert_many(tx, customer_source, rows, columns=("customer_id", "source"), on_conflict="nothing")


async def list_sources(tx: Transaction, customer_id: UUID) -> list[str] | None:
    """The sources that a customer has references of, in no order; None for one that complaint has not heard of."""
    sources: list[str] | None = await tx.raw.fetchval(
        """select array(select source from customer_source where customer_id = $1)
           from tier_copy where customer_id = $1""",
        customer_id,
    )
    return sources


async def save_tiers(tx: Transaction, tiers: Sequence[CustomerTier]) -> None:
    """The last word on each customer's tier."""
    await insert_many(tx, tier_copy, tiers, shared={"recorded_at": tx.at}, on_conflict=Upsert())
