"""SQL of groups (P2) and of customers who are one (P12): who stands at the head of whom, the history of a group, and
the figures of all its members."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.indicators.domain.group_history import (
    GroupChange,
    GroupHistory,
    Identities,
    Merge,
    group_history,
)
from services.tiering_svc.indicators.domain.groups import rolled_up
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, SnapshotRequest
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from shared.messaging import Transaction
from shared.sql import fragments

# `union` ends even where there seems to be a circle, because facts have come only in part. Who was merged (P12) is
# above whom any of those is that it is one with.
HEADS = """
with recursive above (customer_id, head) as (
    select customer_id, customer_id from unnest($1::uuid[]) as given(customer_id)
    union
    select a.customer_id, n.head from above a cross join lateral (
        select g.parent_id from group_parent g where g.customer_id = a.head and g.parent_id is not null
        union all
        select m.root_id from customer_merge m where m.absorbed_id = a.head and m.unmerged_at is null
        union all
        select m.absorbed_id from customer_merge m where m.root_id = a.head and m.unmerged_at is null
    ) n (head)
)
select customer_id, head from above where exists (select from group_parent g where g.parent_id = above.head)
   or exists (select from customer_merge m where above.head in (m.root_id, m.absorbed_id) and m.unmerged_at is null)
order by customer_id, head
"""


async def list_heads(tx: Transaction, customers: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Of each of these customers all who are or ever were above it, directly or through others, and itself where
    somebody is or was below it; with all who are one with any of these. Customers without any are left out."""
    heads: dict[UUID, list[UUID]] = defaultdict(list)
    for customer_id, head in await tx.raw.fetch(HEADS, sorted(set(customers))):
        heads[customer_id].append(head)
    return heads


# Who is one with anybody these customers are about: themselves, and, where groups count ($3), everybody below them.
MERGES = f"""
with recursive related (customer_id) as (
    select unnest($1::uuid[]) where exists (select from customer_merge)
    union
    select n.customer_id from related r cross join lateral (
        select m.absorbed_id from customer_merge m where m.root_id = r.customer_id
        union all
        select m.root_id from customer_merge m where m.absorbed_id = r.customer_id
        union all
        select g.customer_id from group_parent g where $3 and g.parent_id = r.customer_id
    ) n (customer_id)
)
select distinct m.merged_at, m.root_id, m.absorbed_id, m.merge_id from related r
join customer_merge m on m.root_id = r.customer_id
where {fragments.known_at_or_now("$2", "m.recorded_at")}
  and (m.unmerged_at is null or m.unmerged_at > $2)
order by m.merged_at, m.merge_id
"""


async def list_merges(
    tx: Transaction, customers: Iterable[UUID], known_at: datetime | None = None, *, with_groups: bool = False
) -> list[Merge]:
    """The merges of these customers that were not undone, by time, as known at an instant; `with_groups`: also those of
    everybody below them. One that was undone has never been, once that is known (P12)."""
    rows = await tx.raw.fetch(MERGES, sorted(set(customers)), known_at, with_groups)
    return [Merge(*row[:3]) for row in rows]


# All changes of everybody who ever was below each head, and of the head itself; a head of nobody has none.
CHANGES = f"""
with recursive below (head, customer_id) as (
    select head, head from unnest($1::uuid[]) as given(head)
    where exists (select from group_parent g where g.parent_id = given.head)
       or exists (select from customer_merge m where given.head in (m.root_id, m.absorbed_id))
    union
    select b.head, n.customer_id from below b cross join lateral (
        select g.customer_id from group_parent g where g.parent_id = b.customer_id
        union all
        select m.absorbed_id from customer_merge m where m.root_id = b.customer_id
        union all
        select m.root_id from customer_merge m where m.absorbed_id = b.customer_id
    ) n (customer_id)
)
select b.head, g.customer_id, g.since, g.parent_id, g.recorded_at from below b join group_parent g using (customer_id)
where {fragments.known_at_or_now("$2", "g.recorded_at")}
"""


class HeadedGroup(NamedTuple):
    """The group of a head, and when it was first recorded that somebody is below it; None: only below somebody who is
    one with it."""

    history: GroupHistory
    headed_from: datetime | None


async def list_group_histories(
    tx: Transaction, customers: Iterable[UUID], known_at: datetime | None = None, merges: Sequence[Merge] = ()
) -> Mapping[UUID, HeadedGroup]:
    """Of those of these customers who ever were the head of a group, also as one with others: who was in it. `merges`:
    of everybody below them, by time."""
    identities = Identities()
    for merge in merges:
        identities.merge(merge)
    changes: dict[UUID, list[GroupChange]] = defaultdict(list)
    headed_from: dict[UUID, datetime | None] = {}
    for head, *change, recorded_at in await tx.raw.fetch(CHANGES, sorted(set(customers)), known_at):
        changes[head].append(GroupChange(*change))
        parent_id = changes[head][-1].parent_id
        if parent_id == head:
            headed_from[head] = min(recorded_at, headed_from.get(head) or recorded_at)
        elif parent_id is not None and parent_id in identities.class_of(head):
            headed_from.setdefault(head, None)
    return {head: HeadedGroup(group_history(head, changes[head], merges), known) for head, known in headed_from.items()}


async def load_graded_together(
    tx: Transaction, requests: Sequence[SnapshotRequest], *, groups: bool, classes: AbstractSet[str],
    known_at: datetime | None = None,
) -> list[CustomerSnapshot]:  # fmt: skip
    """One for each request, in that order: the figures of all who are one with the customer as of the instant asked
    about (P12), and, where `groups` are graded together, of all members of the group that it is the head of then
    (P2); of anybody else its own."""
    customers = {request.customer_id for request in requests}
    merges = await list_merges(tx, customers, known_at, with_groups=groups)
    headed = await list_group_histories(tx, customers, known_at, merges) if groups else {}
    if not merges and not headed:
        return await load_snapshots(tx, requests, classes=classes, known_at=known_at)
    histories = {customer_id: group_history(customer_id, (), merges) for customer_id in customers}
    histories |= {head: group.history for head, group in headed.items()}
    members = [histories[request.customer_id].members_at(request.as_of) for request in requests]
    loaded = await load_rolled_up(tx, list(zip(requests, members, strict=True)), classes=classes, known_at=known_at)
    return [
        replace(snapshot, members=histories[request.customer_id].customers_at(request.as_of))
        for snapshot, request in zip(loaded, requests, strict=True)
    ]


async def load_rolled_up(
    tx: Transaction, requests: Sequence[tuple[SnapshotRequest, Sequence[UUID]]], *, classes: AbstractSet[str],
    known_at: datetime | None = None,
) -> list[CustomerSnapshot]:  # fmt: skip
    """One for each request with the members it is about, in that order; the first member is the one whose traits are
    the group's."""
    individual = [request._replace(customer_id=member) for request, members in requests for member in members]
    loaded = iter(await load_snapshots(tx, individual, classes=classes, known_at=known_at))
    snapshots = [[next(loaded) for _ in members] for _, members in requests]
    return [of_members[0] if len(of_members) == 1 else rolled_up(of_members) for of_members in snapshots]
