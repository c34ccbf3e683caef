"""SQL of what other services announce besides money: contacts, cases, traits, groups, kept with both times (T1, P2).

An owner that came back from a backup counts on from a smaller number, so it announces other facts under the same
numbers and dates: what is announced last is what holds (K16).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.tiering_svc.indicators.tables.external_facts import (
    case_change,
    case_fact,
    contact_fact,
    customer_traits,
    group_parent,
)
from shared.events import (
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReopened,
    ContactLogged,
    CustomerIdentified,
    CustomerTraitsChanged,
    Event,
    GroupParentChanged,
    NextStepCompleted,
)
from shared.messaging import Transaction
from shared.sql import Upsert, columns_of, fragments, given_rows, insert_columns, update_columns


def _with_recorded_at(events: Sequence[Event], *names: str, into: str = "recorded_at") -> dict[str, Sequence[Any]]:
    """Columns of the events' own fields, and when each event was recorded."""
    return columns_of(events, names) | {into: [event.meta.recorded_at for event in events]}


async def delete_external_facts(tx: Transaction, customers: Sequence[UUID]) -> None:
    """Delete contacts, cases, traits and parents of these customers; of cases that are nobody's, those of these ids."""
    await tx.raw.execute(
        """with gone as (
               delete from case_fact
               where customer_id = any($1::uuid[]) or (customer_id is null and case_id = any($1)) returning case_id
           )
           delete from case_change where case_id in (select case_id from gone)""",
        customers,
    )
    for table in (contact_fact, customer_traits, group_parent):
        await tx.raw.execute(f"delete from {table.name} where customer_id = any($1::uuid[])", customers)


async def list_cases(tx: Transaction, customers: Sequence[UUID]) -> list[UUID]:
    """The cases of these customers."""
    rows = await tx.raw.fetch("select case_id from case_fact where customer_id = any($1::uuid[])", customers)
    return [row["case_id"] for row in rows]


async def add_contacts(tx: Transaction, events: Sequence[ContactLogged]) -> None:
    """Keep entries of contact logs; announced again, the last announcement holds (K16)."""
    names = (
        "entry_id", "customer_id", "employee_id", "channel", "contacted_at", "next_step_on", "next_step_owner",
    )  # fmt: skip
    await insert_columns(tx, contact_fact, _with_recorded_at(events, *names), on_conflict=Upsert())


async def save_completions(tx: Transaction, events: Sequence[NextStepCompleted]) -> None:
    """Keep when the next steps of these entries were done."""
    columns = _with_recorded_at(events, "entry_id", "completed_at", into="completion_recorded_at")
    await update_columns(tx, contact_fact, columns, key=("entry_id",))


# The filing and the linking to a customer come under different keys: whichever is first makes the row, and what is
# known of the customer stays.
FILED = Upsert(
    replace=("kind", "filed_at", "filed_recorded_at"),
    expressions={
        name: f"coalesce(case_fact.{name}, excluded.{name})" for name in ("customer_id", "customer_recorded_at")
    },
)


LATER_STEP = "case_fact.customer_id is null or excluded.customer_step >= case_fact.customer_step"
IDENTIFIED = Upsert(
    expressions={
        name: f"case when {LATER_STEP} then excluded.{name} else case_fact.{name} end"
        for name in ("customer_id", "customer_recorded_at", "customer_step")
    }
)


async def save_filings(tx: Transaction, events: Sequence[ComplaintFiled]) -> None:
    columns = _with_recorded_at(events, "case_id", "kind", "filed_at", "customer_id", into="filed_recorded_at")
    columns["customer_recorded_at"] = [
        None if event.customer_id is None else event.meta.recorded_at for event in events
    ]
    await insert_columns(tx, case_fact, columns, on_conflict=FILED)


async def save_identifications(tx: Transaction, events: Sequence[CustomerIdentified]) -> None:
    """Keep whose cases these are: what the latest step of a case's history says (C1). Its filing may come later, under
    another key, and of several identifications any first."""
    latest = list({event.case_id: event for event in sorted(events, key=lambda event: event.step or 0)}.values())
    columns = _with_recorded_at(latest, "case_id", "customer_id", into="customer_recorded_at")
    columns["customer_step"] = [event.step or 0 for event in latest]
    await insert_columns(tx, case_fact, columns, on_conflict=IDENTIFIED)


async def add_case_changes(
    tx: Transaction, what: str, events: Sequence[ComplaintClosed | ComplaintReopened], at: Sequence[datetime]
) -> None:
    """Keep closings or reopenings (`what`) at these instants; announced again, the last announcement holds (K16)."""
    columns = _with_recorded_at(events, "case_id") | {
        "changed_at": at, "satisfaction": [getattr(event, "satisfaction", None) for event in events],
    }  # fmt: skip
    await insert_columns(tx, case_change, columns, shared={"what": what}, on_conflict=Upsert())


class FiledCase(NamedTuple):
    """Whose case it is, and since when."""

    customer_id: UUID
    filed_at: datetime


async def list_customers_of_cases(tx: Transaction, cases: Sequence[UUID]) -> dict[UUID, FiledCase]:
    """Those of these cases of which both is known, the filing and the customer."""
    rows = await tx.raw.fetch(
        """select case_id, customer_id, filed_at from case_fact
           where case_id = any($1::uuid[]) and customer_id is not null and filed_at is not null""",
        cases,
    )
    return {case_id: FiledCase(customer_id, filed_at) for case_id, customer_id, filed_at in rows}


NOT_TRAITS = ("customer_id", "seq", "changed_at", "recorded_at")
TRAITS = tuple(column.name for column in customer_traits.columns if column.name not in NOT_TRAITS)
# A stream's numbers only rise: what is here under the number that comes, or a higher one, its owner has forgotten.
# Left there, the higher one would hide what the owner says now.
FORGET_TRAITS = f"""
delete from customer_traits t
using (
    select customer_id, min(seq) as seq from {given_rows(customer_traits, ("customer_id", "seq"))} group by customer_id
) a
where t.customer_id = a.customer_id and t.seq >= a.seq
"""


async def add_traits(tx: Transaction, events: Sequence[CustomerTraitsChanged]) -> None:
    """Keep what customers' files say from a change on, in place of what their owner has forgotten (K16)."""
    columns = _with_recorded_at(events, "customer_id", "changed_at", *TRAITS)
    columns["seq"] = [event.meta.seq for event in events]
    await tx.raw.execute(FORGET_TRAITS, columns["customer_id"], columns["seq"])
    await insert_columns(tx, customer_traits, columns)


async def list_first_traits(tx: Transaction, events: Sequence[CustomerTraitsChanged]) -> frozenset[UUID]:
    """The customers of whom the first that is known is among these changes, which have been kept."""
    columns = [event.customer_id for event in events], [event.meta.seq for event in events]
    rows = await tx.raw.fetch(
        f"""select a.customer_id from {given_rows(customer_traits, ("customer_id", "seq"), alias="a")}
            where not exists (select from customer_traits t where t.customer_id = a.customer_id and t.seq < a.seq)""",
        *columns,
    )
    return frozenset(row["customer_id"] for row in rows)


async def add_parents(tx: Transaction, events: Sequence[GroupParentChanged]) -> None:
    """Keep below whom customers are from a day on; announced again, the last announcement holds (K16)."""
    columns = _with_recorded_at(events, "customer_id", "parent_id")
    columns["since"] = [event.effective_from for event in events]
    await insert_columns(tx, group_parent, columns, on_conflict=Upsert())


def members(root: str, as_of: str, known_at: str) -> str:
    """All that were below a customer at an instant, as known at another; the customer itself first. `union` ends even
    where facts of different customers have come so far only in part, and there seems to be a circle."""
    return f"""
with recursive member (customer_id, depth) as (
    select {root}, 0
    union
    select g.customer_id, m.depth + 1
    from member m join group_parent g on g.parent_id = m.customer_id
    where m.depth < 64 and g.since <= {as_of} and {fragments.known_at_or_now(known_at, "g.recorded_at")}
      and not exists (
          select from group_parent l
          where l.customer_id = g.customer_id and l.since > g.since and l.since <= {as_of}
            and {fragments.known_at_or_now(known_at, "l.recorded_at")}
      )
)
"""


LIST_MEMBERS = (
    members("$1::uuid", "$2::timestamptz", "$3")
    + "select customer_id from member group by customer_id order by min(depth), customer_id"
)


async def list_members(
    tx: Transaction, customer_id: UUID, as_of: datetime, known_at: datetime | None = None
) -> list[UUID]:
    """A customer and all that were below it in its group, as of an instant, as known at another; itself first."""
    return [row["customer_id"] for row in await tx.raw.fetch(LIST_MEMBERS, customer_id, as_of, known_at)]
