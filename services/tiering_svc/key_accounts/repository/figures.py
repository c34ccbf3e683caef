"""SQL of what the rules around key accounts look at (T8): a customer's figures, everybody's amount, who ranks first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tiering_svc.core.repository.as_of import PointInTime
from services.tiering_svc.indicators.domain.groups import rolled_up
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository.external_facts import list_members
from services.tiering_svc.indicators.repository.snapshots import load_snapshots
from shared.chassis import DataScope
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
    """The customer's own figures over a window of months; of a group account those of all below it together (P2)."""
    members = await list_members(tx, customer_id, as_of) if group else [customer_id]
    snapshots = await load_snapshots(tx, requests_as_of(members, as_of, months))
    return rolled_up(snapshots) if len(snapshots) > 1 else snapshots[0]


# Equal amounts share the last place: nobody is left out by the order of ids.
RANKED = """
with bought as ({bought}), sums as (
    select customer_id, sum(amount) as amount
    from bought cross join business b
    where month > (date_trunc('month', $1 at time zone b.time_zone) - make_interval(months => $3))::date
    group by customer_id having sum(amount) > 0
), placed as (
    select customer_id, amount, rank() over (order by amount desc) as place, count(*) over () as customers from sums
)
select p.customer_id, p.amount from placed p
where p.place <= ceil(p.customers * $4::numeric / 100)
  and not exists (select from account_class c where c.customer_id = p.customer_id and c.effective @> $1::timestamptz
                  and (c.class = 'excluded' or $5 = any(c.kinds)))
  and not exists (select from nomination n where n.customer_id = p.customer_id and n.status = 'open')
  and ($6::numeric is null or p.amount < $6 or (p.amount = $6 and p.customer_id > $7::uuid))
  and {within}
order by p.amount desc, p.customer_id limit $8
"""
ROOTS = """
select distinct g.parent_id as customer_id from group_parent g
where g.since <= $1 and g.parent_id is not null
  and not exists (select from group_parent l where l.customer_id = g.customer_id and l.since > g.since
                  and l.since <= $1)
  and not exists (
      select from group_parent u where u.customer_id = g.parent_id and u.since <= $1 and u.parent_id is not null
        and not exists (select from group_parent l where l.customer_id = u.customer_id and l.since > u.since
                        and l.since <= $1))
  and exists (select from standing s where s.customer_id = g.parent_id)
  and not exists (select from account_class c where c.customer_id = g.parent_id and c.effective @> $1::timestamptz
                  and (c.class = 'excluded' or $2 = any(c.kinds)))
  and not exists (select from nomination n where n.customer_id = g.parent_id and n.status = 'open')
  and ($3::uuid is null or g.parent_id > $3)
  and {within}
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
    rows = await tx.raw.fetch(ROOTS.format(within=scope.where("g.parent_id", values)), *values)
    return [row["customer_id"] for row in rows]
