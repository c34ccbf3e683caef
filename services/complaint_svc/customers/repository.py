"""Who is known, in which tier, of which region, and to which sources: a copy of what others announced."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from services.complaint_svc.customers.domain import ServedCustomer, TierHistory, TierPeriod
from services.complaint_svc.customers.tables import customer, tier_copy
from shared.customers import list_roots
from shared.errors import customer_not_found
from shared.events import TierChanged
from shared.messaging import Transaction, ids_in
from shared.sql import Upsert, insert_columns, insert_many, unnest

NOT_ERASED = "not exists (select from erased_customer e where e.customer_id = $1 and e.person_id is null)"
DROP_TAILS = f"""
delete from tier_copy using {unnest("tail", customer=tier_copy.c.customer_id, start=tier_copy.c.effective_from)}
where customer_id = tail.customer and effective_from >= tail.start
"""


async def load_customer(tx: Transaction, customer_id: UUID) -> ServedCustomer:
    """The customer's tiers and region, locked: a change of its tiers waits meanwhile, and then sees the case that is
    being filed (K11). The region is that of who stands for it, where it is one with another (P12).

    404 `customer_not_found` for one that complaint has not heard of, and for one that was erased (P13).
    """
    # Two statements: after waiting for the lock, one alone would still read the periods from before the wait.
    lock = f"""select region, exists (select from customer_merge) as merged from customer
               where customer_id = $1 and {NOT_ERASED} for share of customer"""
    known = await tx.raw.fetchrow(lock, customer_id)
    if known is None:
        raise customer_not_found(customer_id)
    rows = await tx.raw.fetch("select effective_from, tier from tier_copy where customer_id = $1", customer_id)
    tiers = TierHistory(TierPeriod(row["effective_from"], row["tier"]) for row in rows)
    region = await _find_region_of_root(tx, customer_id) if known["merged"] else None
    return ServedCustomer(tiers, region or known["region"])


async def _find_region_of_root(tx: Transaction, customer_id: UUID) -> str | None:
    roots = await list_roots(tx, [customer_id])
    region: str | None = await tx.raw.fetchval("select region from customer where customer_id = $1", roots[customer_id])
    return region


async def lock_customers(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Lock the rows of the customers among these keys of streams, in order. Keys that are no ids are no customers."""
    ids = ids_in(customer_ids)
    await tx.raw.fetch("select from customer where customer_id = any($1::uuid[]) order by customer_id for update", ids)


async def save_customers(tx: Transaction, customer_ids: Iterable[UUID]) -> None:
    """Note that these customers exist; that says nothing of their tier."""
    columns = {"customer_id": list(set(customer_ids))}
    await insert_columns(tx, customer, columns, shared={"recorded_at": tx.at}, on_conflict="nothing")


async def save_regions(tx: Transaction, regions: Mapping[UUID, str | None]) -> None:
    """The regions that these customers' files say; the customers exist."""
    columns: dict[str, list[Any]] = {"customer_id": list(regions), "region": list(regions.values())}
    upsert = Upsert(replace=("region",))
    await insert_columns(tx, customer, columns, shared={"recorded_at": tx.at}, on_conflict=upsert)


async def list_tiers_among(tx: Transaction, codes: Iterable[str]) -> set[str]:
    """Of these codes those of tiers that customers are or were in."""
    return await _known(tx, "select from tier_copy where tier = code", codes)


async def list_regions_among(tx: Transaction, codes: Iterable[str]) -> set[str]:
    """Of these codes those of regions that customers' files say."""
    return await _known(tx, "select from customer where region = code", codes)


async def _known(tx: Transaction, known: str, codes: Iterable[str]) -> set[str]:
    wanted = list(codes)
    if not wanted:
        return set()
    query = f"select code from unnest($1::text[]) as code where exists ({known})"
    return {row["code"] for row in await tx.raw.fetch(query, wanted)}


async def delete_regions(tx: Transaction, keys: Iterable[str]) -> None:
    """Forget the regions of the customers among these keys of streams."""
    ids = ids_in(keys)
    await tx.raw.execute("update customer set region = null where customer_id = any($1::uuid[])", ids)


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
