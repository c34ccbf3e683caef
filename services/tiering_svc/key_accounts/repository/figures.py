"""SQL of what the rules around key accounts look at (T8): a customer's figures, everybody's amount, who ranks first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.core.repository.merged import root_of
from services.tiering_svc.indicators.domain.groups import rolled_up
from services.tiering_svc.indicators.domain.snapshot import ALL_CLASSES, CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository.external_facts import list_members as list_below
from services.tiering_svc.indicators.repository.groups import load_rolled_up
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from shared.chassis import DataScope
from shared.customers import list_members
from shared.messaging import Transaction

TOTAL = """
with bought as ({bought})
select coalesce(sum(amount), 0) from bought cross join business b
where month > (date_trunc('month', $1 at time zone b.time_zone) - make_interval(months => $3))::date
"""


async def sum_amounts(tx: Transaction, point: PointInTime, months: int) -> Decimal:
    """What all customers bought together in the window of months that ends at the instant."""
    total: Decimal = await tx.raw.fetchval(TOTAL.format(bought=point.bought), point.as_of, point.known_at, months)
    return total


async def load_account_snapshot(
    tx: Transaction, customer_id: UUID, as_of: datetime, months: int, *, group: bool
) -> CustomerSnapshot:
    """The figures of all who are one with the customer (P12) over a window of months; of a group account with those of
    all below them (P2)."""
    if not group:
        return (await load_account_snapshots(tx, [customer_id], as_of, months))[0]
    heads = (await list_members(tx, [customer_id]))[customer_id]
    below = [member for head in heads for member in await list_below(tx, head, as_of)]
    of_all = await list_members(tx, below)
    members = list(dict.fromkeys([*heads, *(member for customer in below for member in of_all[customer])]))
    snapshot = rolled_up(await load_snapshots(tx, requests_as_of(members, as_of, months)))
    return replace(snapshot, members=len({of_all[member][0] for member in below}))


async def load_account_snapshots(
    tx: Transaction, customers: Sequence[UUID], as_of: datetime, months: int
) -> list[CustomerSnapshot]:
    """The figures of each of these customers, in their order, over a window of months: of who are one (P12) of all."""
    members = await list_members(tx, customers)
    requests = requests_as_of(customers, as_of, months)
    loaded = await load_rolled_up(tx, [(r, members[r.customer_id]) for r in requests], classes=ALL_CLASSES)
    return [replace(snapshot, members=1) for snapshot in loaded]


# Equal amounts share the last place: nobody is left out by the order of ids.
# Of who are one (P12) the root stands for all, and what one of them is they all are.
RANKED = f"""
with bought as ({{bought}}), classed as (
    select {root_of("c.customer_id")} as customer_id from account_class c
    where c.effective @> $1::timestamptz and (c.class = 'excluded' or $5 = any(c.kinds))
    union
    select {root_of("n.customer_id")} from nomination n where n.status = 'open'
), sums as (
    select customer_id, sum(amount) as amount
    from bought cross join business b
    where month > (date_trunc('month', $1 at time zone b.time_zone) - make_interval(months => $3))::date
    group by customer_id having sum(amount) > 0
), placed as (
    select customer_id, amount, rank() over (order by amount desc) as place, count(*) over () as customers from sums
)
select p.customer_id, p.amount from placed p
where p.place <= ceil(p.customers * $4::numeric / 100)
  and not exists (select from classed c where c.customer_id = p.customer_id)
  and ($6::numeric is null or p.amount < $6 or (p.amount = $6 and p.customer_id > $7::uuid))
  and {{within}}
order by p.amount desc, p.customer_id limit $8
"""
ROOTS = f"""
with classed as (
    select {root_of("c.customer_id")} as customer_id from account_class c
    where c.effective @> $1::timestamptz and (c.class = 'excluded' or $2 = any(c.kinds))
    union
    select {root_of("n.customer_id")} from nomination n where n.status = 'open'
)
select distinct {root_of("head.parent_id")} as customer_id from group_parent head
where head.since <= $1 and head.parent_id is not null
  and not exists (select from group_parent l where l.customer_id = head.customer_id and l.since > head.since
                  and l.since <= $1)
  and not exists (
      select from group_parent u where u.customer_id = head.parent_id and u.since <= $1 and u.parent_id is not null
        and not exists (select from group_parent l where l.customer_id = u.customer_id and l.since > u.since
                        and l.since <= $1))
  and exists (select from standing s where s.customer_id = head.parent_id)
  and not exists (select from classed c where c.customer_id = {root_of("head.parent_id")})
  and ($3::uuid is null or {root_of("head.parent_id")} > $3)
  and {{within}}
order by 1 limit $4
"""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A customer with the amount it bought in the window."""

    customer_id: UUID
    amount: Decimal


async def list_ranked(
    tx: Transaction, point: PointInTime, months: int, percent: Decimal, kind: str, after: tuple[Decimal, UUID] | None,
    limit: int, scope: DataScope,
) -> list[Ranked]:  # fmt: skip
    """Of the first so many percent by amount those of a scope, without those who are of the kind already, or excluded,
    or nominated."""
    values: list[Any] = [point.as_of, point.known_at, months, percent, kind, *(after or (None, None)), limit]
    within = scope.where("p.customer_id", values)
    rows = await tx.raw.fetch(RANKED.format(bought=point.bought, within=within), *values)
    return [Ranked(*row) for row in rows]


async def list_group_roots(
    tx: Transaction, as_of: datetime, kind: str, after: UUID | None, limit: int, scope: DataScope
) -> Sequence[UUID]:
    """Customers of a scope with others below them and nobody above, as of an instant."""
    values: list[Any] = [as_of, kind, after, limit]
    rows = await tx.raw.fetch(ROOTS.format(within=scope.where("head.parent_id", values)), *values)
    return [row["customer_id"] for row in rows]
