"""SQL of groups (P2): who stands at the head of whom, the history of a group, and the figures of all its members."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from services.tiering_svc.indicators.domain.group_history import GroupChange, GroupHistory, group_history
from services.tiering_svc.indicators.domain.groups import rolled_up
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, SnapshotRequest
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from shared.messaging import Transaction
from shared.sql import fragments

# `union` ends even where there seems to be a circle, because facts have come only in part.
HEADS = """
with recursive above (customer_id, head) as (
    select customer_id, customer_id from unnest($1::uuid[]) as given(customer_id)
    union
    select a.customer_id, g.parent_id from above a join group_parent g on g.customer_id = a.head
    where g.parent_id is not null
)
select customer_id, head from above where exists (select from group_parent g where g.parent_id = above.head)
order by customer_id, head
"""


async def list_heads(tx: Transaction, customers: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Of each of these customers all who are or ever were above it, directly or through others, and itself where
    somebody is or was below it. Customers without any are left out."""
    heads: dict[UUID, list[UUID]] = defaultdict(list)
    for customer_id, head in await tx.raw.fetch(HEADS, sorted(set(customers))):
        heads[customer_id].append(head)
    return heads


# All changes of everybody who ever was below each head, and of the head itself; a head of nobody has none.
CHANGES = f"""
with recursive below (head, customer_id) as (
    select head, head from unnest($1::uuid[]) as given(head)
    where exists (select from group_parent g where g.parent_id = given.head)
    union
    select b.head, g.customer_id from below b join group_parent g on g.parent_id = b.customer_id
)
select b.head, g.customer_id, g.since, g.parent_id, g.recorded_at from below b join group_parent g using (customer_id)
where {fragments.known_at_or_now("$2", "g.recorded_at")}
"""


async def list_group_histories(
    tx: Transaction, customers: Iterable[UUID], known_at: datetime | None = None
) -> Mapping[UUID, tuple[GroupHistory, datetime]]:
    """Of those of these customers who ever were the head of a group: who was in it, and when it was first recorded that
    somebody is below them."""
    changes: dict[UUID, list[GroupChange]] = defaultdict(list)
    known_from: dict[UUID, datetime] = {}
    for head, *change, recorded_at in await tx.raw.fetch(CHANGES, sorted(set(customers)), known_at):
        changes[head].append(GroupChange(*change))
        if changes[head][-1].parent_id == head:
            known_from[head] = min(recorded_at, known_from.get(head, recorded_at))
    return {head: (group_history(head, changes[head]), known_from[head]) for head in known_from}


async def load_snapshots_together(
    tx: Transaction, requests: Sequence[SnapshotRequest], *, classes: AbstractSet[str],
    known_at: datetime | None = None,
) -> list[CustomerSnapshot]:  # fmt: skip
    """One for each request, in that order: the figures of all members of the group that the customer is the head of as
    of the instant asked about; of anybody else its own."""
    histories = await list_group_histories(tx, (request.customer_id for request in requests), known_at)
    members = [
        histories[request.customer_id][0].members_at(request.as_of)
        if request.customer_id in histories
        else (request.customer_id,)
        for request in requests
    ]
    return await load_rolled_up(tx, list(zip(requests, members, strict=True)), classes=classes, known_at=known_at)


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
