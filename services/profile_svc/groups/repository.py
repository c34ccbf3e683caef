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


async def list_memberships(tx: Transaction, customer_id: UUID) -> list[Membership]:
    """All memberships of one customer, oldest first."""
    rows = await tx.raw.fetch(
        "select customer_id, parent_id, since, until from group_membership where customer_id = $1 order by since",
        customer_id,
    )
    return [Membership(*row) for row in rows]


async def list_above(tx: Transaction, customer_id: UUID, since: datetime) -> list[Membership]:
    """The memberships of a customer and of all that were or are above it, as far as they reach after `since`."""
    rows = await tx.raw.fetch(
        """with recursive up (customer_id) as (
               select $1::uuid
               union
               select g.parent_id from up join group_membership g using (customer_id)
               where g.until is null or g.until > $2
           )
           select g.customer_id, g.parent_id, g.since, g.until from up join group_membership g using (customer_id)
           where g.until is null or g.until > $2""",
        customer_id, since,
    )  # fmt: skip
    return [Membership(*row) for row in rows]


async def save_memberships(tx: Transaction, changed: Sequence[Membership]) -> None:
    """Insert or end memberships; those that end go first: the database allows one parent at a time."""
    for membership in sorted(changed, key=lambda membership: membership.since):
        await tx.raw.execute(
            """insert into group_membership (customer_id, parent_id, since, until) values ($1, $2, $3, $4)
               on conflict (customer_id, since) do update set until = excluded.until""",
            membership.customer_id, membership.parent_id, membership.since, membership.until,
        )  # fmt: skip


async def list_members(tx: Transaction, customer_id: UUID, as_of: datetime) -> list[GroupMember]:
    """The customer and all that were below it then, from the top down."""
    rows = await tx.raw.fetch(
        """with recursive down (customer_id, parent_id, since, depth) as (
               select $1::uuid, null::uuid, null::timestamptz, 0
               union all
               select g.customer_id, g.parent_id, g.since, d.depth + 1
               from down d join group_membership g on g.parent_id = d.customer_id
               where g.since <= $2 and (g.until is null or g.until > $2)
           )
           select d.customer_id, d.parent_id, d.since, c.facts -> 'names' -> 0 ->> 'name' as name
           from down d join customer c on c.id = d.customer_id order by d.depth, d.since, d.customer_id""",
        customer_id, as_of,
    )  # fmt: skip
    return [GroupMember(*row) for row in rows]
