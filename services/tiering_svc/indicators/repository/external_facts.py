"""SQL of what other owners told besides money: contacts, cases, traits and groups, kept with both times (T1, P2).

An owner that came back from a backup counts on from a smaller number, so it tells other facts under the same numbers
and dates: what is told last is what holds (K16).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from shared.events import (
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReopened,
    ContactLogged,
    CustomerIdentified,
    CustomerTraitsChanged,
    GroupParentChanged,
    NextStepCompleted,
)
from shared.messaging import Transaction


async def add_contacts(tx: Transaction, events: Sequence[ContactLogged]) -> None:
    await tx.raw.execute(
        """insert into contact_fact (entry_id, customer_id, employee_id, channel, contacted_at, next_step_on,
                                     next_step_owner, recorded_at)
           select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::date[],
                                $7::text[], $8::timestamptz[])""",
        [e.entry_id for e in events], [e.customer_id for e in events], [e.employee_id for e in events],
        [e.channel for e in events], [e.contacted_at for e in events], [e.next_step_on for e in events],
        [e.next_step_owner for e in events], [e.meta.recorded_at for e in events],
    )  # fmt: skip


async def save_completions(tx: Transaction, events: Sequence[NextStepCompleted]) -> None:
    await tx.raw.execute(
        """update contact_fact c set completed_at = a.at, completion_recorded_at = a.recorded_at
           from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) as a(entry_id, at, recorded_at)
           where c.entry_id = a.entry_id""",
        [e.entry_id for e in events], [e.completed_at for e in events], [e.meta.recorded_at for e in events],
    )  # fmt: skip


async def save_filings(tx: Transaction, events: Sequence[ComplaintFiled]) -> None:
    """The filing and the linking to a customer come under different keys: whichever is first makes the row."""
    ordered = sorted(events, key=lambda event: event.case_id)
    await tx.raw.execute(
        """insert into case_fact as f (case_id, kind, filed_at, filed_recorded_at, customer_id, customer_recorded_at)
           select id, kind, at, recorded_at, customer_id, case when customer_id is not null then recorded_at end
           from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::uuid[])
                as a(id, kind, at, recorded_at, customer_id)
           on conflict (case_id) do update set kind = excluded.kind, filed_at = excluded.filed_at,
               filed_recorded_at = excluded.filed_recorded_at,
               customer_id = coalesce(f.customer_id, excluded.customer_id),
               customer_recorded_at = coalesce(f.customer_recorded_at, excluded.customer_recorded_at)""",
        [e.case_id for e in ordered], [e.kind for e in ordered], [e.filed_at for e in ordered],
        [e.meta.recorded_at for e in ordered], [e.customer_id for e in ordered],
    )  # fmt: skip


async def save_identifications(tx: Transaction, events: Sequence[CustomerIdentified]) -> None:
    ordered = sorted(events, key=lambda event: event.case_id)
    await tx.raw.execute(
        """insert into case_fact (case_id, customer_id, customer_recorded_at)
           select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
           on conflict (case_id) do update set customer_id = excluded.customer_id,
               customer_recorded_at = excluded.customer_recorded_at""",
        [e.case_id for e in ordered], [e.customer_id for e in ordered], [e.meta.recorded_at for e in ordered],
    )  # fmt: skip


async def add_case_changes(
    tx: Transaction, what: str, events: Sequence[ComplaintClosed | ComplaintReopened], at: Sequence[datetime]
) -> None:
    await tx.raw.execute(
        """insert into case_change (case_id, changed_at, what, satisfaction, recorded_at)
           select id, at, $5, satisfaction, recorded_at
           from unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::timestamptz[])
                as a(id, at, satisfaction, recorded_at)
           on conflict (case_id, changed_at, what) do update set satisfaction = excluded.satisfaction,
               recorded_at = excluded.recorded_at""",
        [e.case_id for e in events], at, [getattr(e, "satisfaction", None) for e in events],
        [e.meta.recorded_at for e in events], what,
    )  # fmt: skip


TRAITS = (
    ("kind", "text"), ("region", "text"), ("industry", "text"), ("legal_nature", "text"),
    ("acquisition_source", "text"), ("listed", "bool"), ("employees", "bigint"), ("registered_capital", "numeric"),
    ("annual_sales", "numeric"), ("founded_year", "int"), ("age_band", "text"), ("income_band", "text"),
    ("household_size", "text"), ("completeness", "int"),
)  # fmt: skip
# A stream's numbers only rise: what is here under the number that comes, or a higher one, its owner has forgotten.
# Left there, the higher one would hide what the owner says now.
FORGET_TRAITS = """
delete from customer_traits t
using (select id, min(seq) as seq from unnest($1::uuid[], $2::bigint[]) as a(id, seq) group by id) a
where t.customer_id = a.id and t.seq >= a.seq
"""
ADD_TRAITS = f"""
insert into customer_traits (customer_id, seq, changed_at, recorded_at, {", ".join(name for name, _ in TRAITS)})
select * from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
                     {", ".join(f"${n}::{type_}[]" for n, (_, type_) in enumerate(TRAITS, 5))})
"""


async def add_traits(tx: Transaction, events: Sequence[CustomerTraitsChanged]) -> None:
    customers, numbers = [e.customer_id for e in events], [e.meta.seq for e in events]
    await tx.raw.execute(FORGET_TRAITS, customers, numbers)
    await tx.raw.execute(
        ADD_TRAITS,
        customers, numbers, [e.changed_at for e in events],
        [e.meta.recorded_at for e in events], *([getattr(e, name) for e in events] for name, _ in TRAITS),
    )  # fmt: skip


async def add_parents(tx: Transaction, events: Sequence[GroupParentChanged]) -> None:
    await tx.raw.execute(
        """insert into group_parent (customer_id, since, parent_id, recorded_at)
           select * from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::timestamptz[])
           on conflict (customer_id, since) do update set parent_id = excluded.parent_id,
               recorded_at = excluded.recorded_at""",
        [e.customer_id for e in events], [e.effective_from for e in events], [e.parent_id for e in events],
        [e.meta.recorded_at for e in events],
    )  # fmt: skip


# All that were below a customer at an instant, as known at another; the customer itself first. `union` ends even where
# facts of different customers have come so far only in part, and there seems to be a circle.
MEMBERS = """
with recursive member (customer_id, depth) as (
    select {root}, 0
    union
    select g.customer_id, m.depth + 1
    from member m join group_parent g on g.parent_id = m.customer_id
    where m.depth < 64 and g.since <= {as_of} and ({known_at}::timestamptz is null or g.recorded_at <= {known_at})
      and not exists (
          select from group_parent l
          where l.customer_id = g.customer_id and l.since > g.since and l.since <= {as_of}
            and ({known_at}::timestamptz is null or l.recorded_at <= {known_at})
      )
)
"""
LIST_MEMBERS = (
    MEMBERS.format(root="$1::uuid", as_of="$2::timestamptz", known_at="$3")
    + "select customer_id from member group by customer_id order by min(depth), customer_id"
)


async def list_members(
    tx: Transaction, customer_id: UUID, as_of: datetime, known_at: datetime | None = None
) -> list[UUID]:
    return [row["customer_id"] for row in await tx.raw.fetch(LIST_MEMBERS, customer_id, as_of, known_at)]
