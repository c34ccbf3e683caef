"""Keeping merges from events, and who is one with whom."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from shared.customers.tables import customer_merge
from shared.events import CustomersMerged, CustomersUnmerged
from shared.messaging import Transaction, ids_in
from shared.sql import Upsert, columns_of, insert_columns

MERGE = ("merge_id", "absorbed_id", "root_id", "merged_at")


async def when_customers_are_merged_keep_it(tx: Transaction, merges: Sequence[CustomersMerged]) -> None:
    """Keep each merge once; one that was undone already stays undone."""
    latest = list({event.merge_id: event for event in merges}.values())
    columns = columns_of(latest, MERGE) | {"recorded_at": [event.meta.recorded_at for event in latest]}
    await insert_columns(tx, customer_merge, columns, on_conflict="nothing")


async def when_customers_are_unmerged_end_it(tx: Transaction, undone: Sequence[CustomersUnmerged]) -> None:
    """End each merge, also one that was not heard of yet."""
    latest = list({event.merge_id: event for event in undone}.values())
    columns = columns_of(latest, (*MERGE, "unmerged_at")) | {"recorded_at": [e.meta.recorded_at for e in latest]}
    await insert_columns(tx, customer_merge, columns, on_conflict=Upsert(replace=("unmerged_at",)))


async def forget_merges(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away the merges of these customers, to be made anew."""
    await tx.raw.execute(
        "delete from customer_merge where root_id = any($1::uuid[]) or absorbed_id = any($1::uuid[])", ids_in(keys)
    )


# Where nobody was ever merged nothing is walked. `union` ends even where facts have come only in part.
ROOTS = """
with recursive above (customer_id, root_id, depth) as (
    select given, given, 0 from unnest($1::uuid[]) as given where exists (select from customer_merge)
    union
    select a.customer_id, m.root_id, a.depth + 1 from above a join customer_merge m on m.absorbed_id = a.root_id
    where a.depth < 64 and m.merged_at <= coalesce($2::timestamptz, 'infinity')
      and coalesce(m.unmerged_at > $2::timestamptz, m.unmerged_at is null)
)
select distinct on (customer_id) customer_id, root_id from above order by customer_id, depth desc, root_id
"""
BELOW = """
with recursive below (root_id, customer_id, depth) as (
    select given, given, 0 from unnest($1::uuid[]) as given
    union
    select b.root_id, m.absorbed_id, b.depth + 1 from below b join customer_merge m on m.root_id = b.customer_id
    where b.depth < 64 and m.merged_at <= coalesce($2::timestamptz, 'infinity')
      and coalesce(m.unmerged_at > $2::timestamptz, m.unmerged_at is null)
)
select root_id, customer_id from below where depth > 0 order by root_id, customer_id
"""
CONNECTED = """
with recursive connected (customer_id) as (
    select unnest($1::uuid[])
    union
    select case when m.root_id = c.customer_id then m.absorbed_id else m.root_id end
    from connected c join customer_merge m on c.customer_id in (m.root_id, m.absorbed_id)
)
select customer_id from connected order by customer_id
"""


async def list_roots(tx: Transaction, customers: Iterable[UUID], at: datetime | None = None) -> dict[UUID, UUID]:
    """Who stands for each of these customers, now or at an instant: the root, or itself."""
    ids = sorted(set(customers))
    roots = dict(await tx.raw.fetch(ROOTS, ids, at))
    return {customer_id: roots.get(customer_id, customer_id) for customer_id in ids}


async def list_members(
    tx: Transaction, customers: Iterable[UUID], at: datetime | None = None
) -> Mapping[UUID, tuple[UUID, ...]]:
    """All that are one with each of these customers, now or at an instant: the root first, the others by id."""
    if not await tx.raw.fetchval("select exists (select from customer_merge)"):
        return {customer_id: (customer_id,) for customer_id in customers}
    roots = await list_roots(tx, customers, at)
    members: dict[UUID, list[UUID]] = defaultdict(list)
    for root_id, customer_id in await tx.raw.fetch(BELOW, sorted(set(roots.values())), at):
        members[root_id].append(customer_id)
    return {customer_id: (root_id, *members[root_id]) for customer_id, root_id in roots.items()}


async def list_connected(tx: Transaction, customers: Iterable[UUID]) -> list[UUID]:
    """These customers and all who are or ever were one with them, in the order of their ids: what has to be locked
    before anything is decided about any of them."""
    ids = sorted(set(customers))
    if not await tx.raw.fetchval("select exists (select from customer_merge)"):
        return ids
    return [row["customer_id"] for row in await tx.raw.fetch(CONNECTED, ids)]
