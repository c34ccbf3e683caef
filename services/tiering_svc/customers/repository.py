"""SQL of the customers that tiering knows: their locks, their sources, their teams."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.core.repository.merged import is_absorbed, is_merged
from services.tiering_svc.customers.domain import AbsenceChange, ManagerAssignment, deputies_at
from services.tiering_svc.customers.tables import customer_file
from shared.customers import list_members
from shared.errors import customer_not_found
from shared.events import CustomerRegistered
from shared.messaging import Transaction
from shared.sql import Upsert, insert_columns

# Where nobody is in a group, and nobody was ever merged, the lists of who is related to whom are not even begun.
LOCK = """
select from standing
where customer_id = any(case when exists (select from group_parent) or exists (select from customer_merge) then array(
    with recursive related (customer_id) as (
        select unnest($1::uuid[])
        union
        select n.customer_id from related r cross join lateral (
            select g.parent_id from group_parent g where g.customer_id = r.customer_id and g.parent_id is not null
            union all
            select m.root_id from customer_merge m where m.absorbed_id = r.customer_id
            union all
            select m.absorbed_id from customer_merge m where m.root_id = r.customer_id
        ) n (customer_id)
    )
    select customer_id from related
) else $1::uuid[] end)
order by customer_id for update
"""


async def lock_customers(tx: Transaction, customers: Sequence[str] | Sequence[UUID]) -> None:
    """Lock customers in the order of their keys, before anything is read of them, with all who are or ever were one
    with them (P12), or above any of these in a group (P2): what one member orders, or where it moves, may change the
    tier of those."""
    await tx.raw.execute(LOCK, customers)


async def list_merged(tx: Transaction, customers: Iterable[UUID]) -> frozenset[UUID]:
    """Those of these customers who are one with another one, or were once (P12)."""
    rows = await tx.raw.fetch(
        f"select c.customer_id from unnest($1::uuid[]) c (customer_id) where {is_merged('c.customer_id')}",
        list(customers),
    )
    return frozenset(row["customer_id"] for row in rows)


async def add_customers(tx: Transaction, customers: Iterable[UUID]) -> None:
    """Make customers known, though they have not ordered yet; those known already stay as they are."""
    await tx.raw.execute(
        "insert into standing (customer_id) select unnest($1::uuid[]) order by 1 on conflict do nothing",
        sorted(set(customers)),
    )


async def save_files(tx: Transaction, events: Sequence[CustomerRegistered]) -> None:
    """Keep since when these customers have a file, and make them known; announced again, the last announcement holds
    (K16)."""
    last = {event.customer_id: event for event in events}
    await add_customers(tx, last)
    columns: dict[str, Sequence[Any]] = {
        "customer_id": list(last),
        "opened_at": [event.registered_at for event in last.values()],
        "recorded_at": [event.meta.recorded_at for event in last.values()],
    }
    await insert_columns(tx, customer_file, columns, on_conflict=Upsert())


async def delete_files(tx: Transaction, customers: Sequence[UUID]) -> None:
    """Delete since when these customers have a file."""
    await tx.raw.execute("delete from customer_file where customer_id = any($1::uuid[])", customers)


async def list_with_file(
    tx: Transaction, customers: Sequence[UUID], as_of: datetime, known_at: datetime
) -> frozenset[UUID]:
    """Of these customers those whose file had been opened by an instant, as far as that was known at another."""
    rows = await tx.raw.fetch(
        "select customer_id from customer_file where customer_id = any($1) and opened_at <= $2 and recorded_at <= $3",
        customers, as_of, known_at,
    )  # fmt: skip
    return frozenset(row["customer_id"] for row in rows)


async def list_customers(tx: Transaction, after: UUID | None, limit: int) -> list[UUID]:
    """The next page of known customers in key order, after a key or from the first one on; of who are one (P12) only
    the root."""
    rows = await tx.raw.fetch(
        f"""select customer_id from standing
            where ($1::uuid is null or customer_id > $1) and not {is_absorbed("customer_id")}
            order by customer_id limit $2""",
        after, limit,
    )  # fmt: skip
    return [row["customer_id"] for row in rows]


async def list_sources(tx: Transaction, customer_id: UUID) -> list[str] | None:
    """The sources that a customer has references of, in no order; None for a customer that tiering does not know."""
    sources: list[str] | None = await tx.raw.fetchval(
        """select array(select source from customer_source where customer_id = $1)
           from standing where customer_id = $1""",
        customer_id,
    )
    return sources


async def check_known(tx: Transaction, customer_id: UUID, source: str | None = None) -> None:
    """Refuse with 404 `customer_not_found` a customer that tiering does not know, or that has no reference of
    `source`."""
    known: bool = await tx.raw.fetchval(
        """select exists (select from standing where customer_id = $1)
              and ($2::text is null or exists (
                  select from customer_source where customer_id = $1 and source = $2))""",
        customer_id, source,
    )  # fmt: skip
    if not known:
        raise customer_not_found(customer_id)


async def list_absences(tx: Transaction) -> list[AbsenceChange]:
    """All that was announced of absences."""
    rows = await tx.raw.fetch(
        "select employee_id, changed_at, absent_from, absent_until, deputy_id from employee_absence"
    )
    return [AbsenceChange(*row) for row in rows]


async def list_deputies(tx: Transaction, at: datetime) -> dict[str, str]:
    """Who stands in for whom at an instant (`deputies_at`)."""
    return deputies_at(await list_absences(tx), at)


async def list_assignments(tx: Transaction, customer_id: UUID) -> list[ManagerAssignment]:
    """All account managers of a customer, past and coming ones too."""
    rows = await tx.raw.fetch(
        """select employee_id, assigned_at, released_at from account_team
           where customer_id = $1 and role = 'account_manager' order by assigned_at, assignment_id""",
        customer_id,
    )  # fmt: skip
    return [ManagerAssignment(*row) for row in rows]


async def list_account_managers(
    tx: Transaction, at: datetime, customers: Sequence[UUID] | None = None
) -> Mapping[UUID, str]:
    """Who was the account manager of each of these customers (or of all) at an instant; who had none is left out.

    Of who are one (P12) it is the root's, else that of the first member, by id, who has one; of all only roots.
    """
    members_of = None if customers is None else await list_members(tx, customers)
    rows = await tx.raw.fetch(
        """select distinct on (customer_id) customer_id, employee_id from account_team
           where role = 'account_manager' and assigned_at <= $1 and (released_at is null or released_at > $1)
             and ($2::uuid[] is null or customer_id = any($2))
           order by customer_id, assigned_at desc, assignment_id desc""",
        at, None if members_of is None else sorted({member for members in members_of.values() for member in members}),
    )  # fmt: skip
    managers = {row["customer_id"]: row["employee_id"] for row in rows}
    if members_of is None:
        members_of = {members[0]: members for members in (await list_members(tx, managers)).values()}
    first = {
        customer_id: next((m for m in members if m in managers), None) for customer_id, members in members_of.items()
    }
    return {customer_id: managers[member] for customer_id, member in first.items() if member is not None}


async def list_centres(tx: Transaction, at: datetime) -> Mapping[str, str]:
    """At which centre each employee worked at an instant."""
    rows = await tx.raw.fetch(
        """select distinct on (employee_id) employee_id, centre from employee_centre where changed_at <= $1
           order by employee_id, changed_at desc""",
        at,
    )  # fmt: skip
    return {row["employee_id"]: row["centre"] for row in rows if row["centre"] is not None}
