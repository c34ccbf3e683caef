"""SQL of group customers (P2): who is below whom, since when, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.profile_svc.groups.domain import Membership
from shared.messaging import Transaction

LOCK = 7_061_726_722  # any number, the same in all replicas


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A customer of a group, and directly below whom it is there."""

    customer_id: UUID
    parent_id: UUID | None  # None: the one that was asked for
    since: datetime | None
    name: str | None


async def lock_groups(tx: Transaction) -> None:
    """One change of any group at a time: two moves that are each right can make a circle together."""
    await tx.raw.execute("select pg_advisory_xact_lock($1)", LOCK)


async def list_memberships(tx: Transaction, customer_ids: Sequence[UUID]) -> list[Membership]:
    """All memberships of these customers, oldest first; the parent is whoever stands for it now (P12)."""
    rows = await tx.raw.fetch(
        """select g.customer_id, coalesce(p.root_id, p.id), g.since, g.until
           from group_membership g join customer p on p.id = g.parent_id
           where g.customer_id = any($1::uuid[]) order by g.since, g.customer_id""",
        list(customer_ids),
    )
    return [Membership(*row) for row in rows]


# Of a merged customer (P12) the places of all members are looked at, also those that do not count while it is merged:
# so no undoing brings a circle back.
ABOVE = """
with recursive up (customer_id) as (
    select unnest($1::uuid[])
    union
    select o.id from up join group_membership g using (customer_id) join customer p on p.id = g.parent_id
    cross join lateral (select p.id union all select m.id from customer m where m.root_id = p.root_id) o
    where g.until is null or g.until > $2
)
select coalesce(c.root_id, c.id), coalesce(p.root_id, p.id), g.since, g.until
from up join group_membership g using (customer_id)
join customer c on c.id = g.customer_id join customer p on p.id = g.parent_id
where g.until is null or g.until > $2
"""


async def list_above(tx: Transaction, customer_ids: Sequence[UUID], since: datetime) -> list[Membership]:
    """The memberships of customers and of all that were or are above them, as far as they reach after `since`, with
    whoever stands for each customer now (P12)."""
    rows = await tx.raw.fetch(ABOVE, list(customer_ids), since)
    return [Membership(*row) for row in rows]


async def save_memberships(tx: Transaction, changed: Sequence[Membership]) -> None:
    """Insert or end memberships; those that end go first: the database allows one parent at a time."""
    for membership in sorted(changed, key=lambda membership: membership.since):
        await tx.raw.execute(
            """insert into group_membership (customer_id, parent_id, since, until) values ($1, $2, $3, $4)
               on conflict (customer_id, since) do update set until = excluded.until""",
            membership.customer_id, membership.parent_id, membership.since, membership.until,
        )  # fmt: skip


# A merged customer (P12) is in a group once, at the place of the first of its members that has one: the root, the
# others by id. Whoever is below one of its members is below it.
BELOW = """
with recursive down (customer_id, parent_id, since, depth) as (
    select $1::uuid, null::uuid, null::timestamptz, 0
    union all
    select coalesce(c.root_id, c.id), d.customer_id, g.since, d.depth + 1
    from down d
    cross join lateral (select d.customer_id as id union
                        select m.id from customer m where m.root_id = d.customer_id) above
    join group_membership g on g.parent_id = above.id and g.since <= $2 and (g.until is null or g.until > $2)
    join customer c on c.id = g.customer_id
    where c.root_id is null or (c.root_id <> d.customer_id and not exists (
        select from customer m join group_membership other on other.customer_id = m.id
        join customer p on p.id = other.parent_id
        where m.root_id = c.root_id and p.root_id is distinct from c.root_id
          and other.since <= $2 and (other.until is null or other.until > $2)
          and (m.id = c.root_id, c.id) > (c.id = c.root_id, m.id)))
)
select d.customer_id, d.parent_id, d.since,
       coalesce(c.facts #>> '{names,0,name}', (
           select m.facts #>> '{names,0,name}' from customer m
           where m.root_id = c.root_id and m.facts ? 'names' order by m.id limit 1)) as name
from down d join customer c on c.id = d.customer_id order by d.depth, d.since, d.customer_id
"""


async def list_members(tx: Transaction, customer_id: UUID, as_of: datetime) -> list[GroupMember]:
    """The customer and all that were below it then, from the top down."""
    rows = await tx.raw.fetch(BELOW, customer_id, as_of)
    return [GroupMember(*row) for row in rows]
