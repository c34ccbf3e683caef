"""SQL of the registry: outside references, and which customers exist."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.gateway.domain.references import Reference, Registry
from services.gateway.repository.orders import Overtaken
from shared.events import CustomerSeen
from shared.messaging import Transaction


async def load_registry(tx: Transaction, references: Collection[Reference], ids: Collection[UUID]) -> Registry:
    """What is known of these references and of these customers."""
    registry = Registry()
    if references:
        rows = await tx.raw.fetch(
            """select r.source, r.ref, r.customer_id
               from unnest($1::text[], $2::text[]) as asked(source, ref)
               cross join lateral (
                   select source, ref, customer_id from customer_reference
                   where source = asked.source and ref = asked.ref limit 1
               ) r""",
            [source for source, _ in references], [ref for _, ref in references],
        )  # fmt: skip
        registry.references = {(row["source"], row["ref"]): row["customer_id"] for row in rows}
    if ids:
        rows = await tx.raw.fetch("select customer_id from known_customer where customer_id = any($1)", list(ids))
        registry.customers = {row["customer_id"] for row in rows}
        rows = await tx.raw.fetch(
            "select distinct customer_id, source from customer_reference where customer_id = any($1)", list(ids)
        )
        registry.of_source = {(row["customer_id"], row["source"]) for row in rows}
    return registry


async def add_references(tx: Transaction, seen: Sequence[CustomerSeen]) -> None:
    """Register new references and the customers behind them, sorted so that two writers never wait crosswise."""
    seen = sorted(seen, key=lambda one: (one.source, one.ref))
    status = await tx.raw.execute(
        """insert into customer_reference (source, ref, customer_id, seen_at)
           select source, ref, customer_id, $4
           from unnest($1::text[], $2::text[], $3::uuid[]) as new(source, ref, customer_id)
           on conflict (source, ref) do nothing""",
        [one.source for one in seen], [one.ref for one in seen], [one.customer_id for one in seen], tx.at,
    )  # fmt: skip
    if status != f"INSERT 0 {len(seen)}":
        raise Overtaken("a reference was registered by another transaction")
    await add_known(tx, [one.customer_id for one in seen])


async def add_known(tx: Transaction, customer_ids: Collection[UUID]) -> None:
    """These customers exist. Told twice (by profile's event too) changes nothing."""
    await tx.raw.execute(
        """insert into known_customer (customer_id, known_at)
           select customer_id, $2 from unnest($1::uuid[]) as new(customer_id) order by customer_id
           on conflict do nothing""",
        sorted(set(customer_ids)), tx.at,
    )  # fmt: skip


async def is_known(tx: Transaction, customer_id: UUID) -> bool:
    return bool(await tx.raw.fetchval("select exists (select from known_customer where customer_id = $1)", customer_id))


async def is_of_source(tx: Transaction, customer_id: UUID, source: str) -> bool:
    """Whether this source has a reference of the customer: a partner sees those and no others."""
    return bool(
        await tx.raw.fetchval(
            "select exists (select from customer_reference where customer_id = $1 and source = $2)", customer_id, source
        )
    )


async def list_references(tx: Transaction, customer_id: UUID) -> list[tuple[str, str, datetime]]:
    rows = await tx.raw.fetch(
        "select source, ref, seen_at from customer_reference where customer_id = $1 order by source, ref", customer_id
    )
    return [(row["source"], row["ref"], row["seen_at"]) for row in rows]
