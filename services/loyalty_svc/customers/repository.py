"""SQL of which sources know a customer, and so which partner may see it."""

from collections.abc import Sequence
from uuid import UUID

from shared.messaging import Transaction


async def has_merges(tx: Transaction) -> bool:
    """Whether any two customers were ever found to be one: where not, nobody's members are walked."""
    merged: bool = await tx.raw.fetchval("select exists (select from customer_merge)")
    return merged


async def list_of_source(tx: Transaction, customer_ids: Sequence[UUID], source: str) -> list[UUID]:
    """Those of these customers that a source has a reference of, in the order of their ids."""
    rows = await tx.raw.fetch(
        """select customer_id from customer_source where customer_id = any($1::uuid[]) and source = $2
           order by customer_id""",
        list(customer_ids), source,
    )  # fmt: skip
    return [row["customer_id"] for row in rows]


async def list_sources(tx: Transaction, customer_id: UUID) -> list[str] | None:
    """The sources that a customer has references of, in no order; None for one that has no wallet."""
    sources: list[str] | None = await tx.raw.fetchval(
        """select array(select source from customer_source where customer_id = $1)
           from wallet where customer_id = $1""",
        customer_id,
    )
    return sources
