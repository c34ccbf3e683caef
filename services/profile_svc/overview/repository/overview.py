"""The overview in the database (G3): a hot path, so hand-written statements; one per batch of one type.

Every upsert goes through the customers in the order of their ids, the order in which `lock_overviews` took them.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.profile_svc.core.domain import Reader
from services.profile_svc.overview.domain.totals import OrderTotals, ReversalTotals
from services.profile_svc.overview.domain.warnings import OpenWarnings
from shared.events import PointsPosted, TierChanged
from shared.messaging import Database, Transaction

LOCK = "select from overview where customer_id = any($1::uuid[]) order by customer_id for no key update"

# a row that is there is locked and left as it is
LOCK_OR_OPEN = """
insert into overview as o (customer_id, updated_at)
select id, $2::timestamptz from unnest($1::uuid[]) as a(id) order by id
on conflict (customer_id) do update set updated_at = o.updated_at where false
"""

ORDERS = """
insert into overview as o
    (customer_id, orders_count, revenue_total, first_order_at, last_order_at, last_order_id, updated_at)
select *, $7::timestamptz
from unnest($1::uuid[], $2::int[], $3::numeric[], $4::timestamptz[], $5::timestamptz[], $6::uuid[])
on conflict (customer_id) do update set
    orders_count = o.orders_count + excluded.orders_count,
    revenue_total = o.revenue_total + excluded.revenue_total,
    first_order_at = least(o.first_order_at, excluded.first_order_at),
    last_order_at = greatest(o.last_order_at, excluded.last_order_at),
    last_order_id = case
        when o.last_order_at > excluded.last_order_at then o.last_order_id
        when o.last_order_at = excluded.last_order_at then greatest(o.last_order_id, excluded.last_order_id)
        else excluded.last_order_id end,
    updated_at = excluded.updated_at
"""

RETURNS = """
insert into overview as o (customer_id, returns_count, revenue_returned, last_return_at, updated_at)
select *, $5::timestamptz from unnest($1::uuid[], $2::int[], $3::numeric[], $4::timestamptz[])
on conflict (customer_id) do update set
    returns_count = o.returns_count + excluded.returns_count,
    revenue_returned = o.revenue_returned + excluded.revenue_returned,
    last_return_at = greatest(o.last_return_at, excluded.last_return_at),
    updated_at = excluded.updated_at
"""

CANCELLATIONS = """
insert into overview as o (customer_id, cancelled_count, revenue_cancelled, updated_at)
select *, $4::timestamptz from unnest($1::uuid[], $2::int[], $3::numeric[])
on conflict (customer_id) do update set
    cancelled_count = o.cancelled_count + excluded.cancelled_count,
    revenue_cancelled = o.revenue_cancelled + excluded.revenue_cancelled,
    updated_at = excluded.updated_at
"""

DELIVERIES = """
insert into overview as o (customer_id, last_delivery_at, updated_at)
select *, $3::timestamptz from unnest($1::uuid[], $2::timestamptz[])
on conflict (customer_id) do update set
    last_delivery_at = greatest(o.last_delivery_at, excluded.last_delivery_at), updated_at = excluded.updated_at
"""

TIERS = """
insert into overview as o (customer_id, tier, tier_rank, tier_since, updated_at)
select *, $5::timestamptz from unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[])
on conflict (customer_id) do update set
    tier = excluded.tier, tier_rank = excluded.tier_rank, tier_since = excluded.tier_since,
    updated_at = excluded.updated_at
"""

POINTS = """
insert into overview as o (customer_id, points_balance, points_held, points_debt, updated_at)
select *, $5::timestamptz from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[])
on conflict (customer_id) do update set
    points_balance = excluded.points_balance, points_held = excluded.points_held, points_debt = excluded.points_debt,
    updated_at = excluded.updated_at
"""

SAVE_OPEN_WARNINGS = """
insert into overview as o (customer_id, open_warnings, updated_at)
select *, $3::timestamptz from unnest($1::uuid[], $2::jsonb[])
on conflict (customer_id) do update set
    open_warnings = o.open_warnings || excluded.open_warnings, updated_at = excluded.updated_at
"""

CLOSE_WARNINGS = """
update overview o set open_warnings = o.open_warnings - string_to_array(a.closed, ' '), updated_at = $3::timestamptz
from unnest($1::uuid[], $2::text[]) as a(customer_id, closed)
where o.customer_id = a.customer_id
"""

READ = """
with seen as (
    select c.id, c.kind, (c.facts -> 'names')::text as names, c.facts ->> 'region' as region,
           c.facts ->> 'industry' as industry, c.completeness, c.registered_at, o.*,
           o.open_warnings::text as warnings,
           m.name as manager_name, m.phone_extension as manager_extension,
           case when o.oldest_due_on < $4 then (
               select sum(r.outstanding) from receivable_copy r
               where r.customer_id = c.id and r.outstanding > 0 and r.due_on < $4
           ) else 0 end as overdue_amount
    from customer c
    left join overview o on o.customer_id = c.id
    left join employee m on m.employee_id = o.account_manager
    where c.id = $1 and ($2::text is null or exists (
        select from customer_source s where s.customer_id = c.id and s.source = $2))
), trail as (
    insert into file_access (at, actor, customer_id, action) select $5, $3, id, 'overview' from seen
)
select * from seen
"""


async def lock_overviews(tx: Transaction, customer_ids: Sequence[UUID]) -> None:
    """Lock the rows of these customers that exist, in the order of their ids."""
    await tx.raw.execute(LOCK, customer_ids)


async def lock_or_open_overviews(tx: Transaction, customer_ids: Sequence[UUID]) -> None:
    """Lock the rows of these customers, and open those that are missing: before anything is counted up for them.

    A statement that counts and then waits for the row writes what it saw before the wait. One that comes after the lock
    sees all that was committed by then, and whoever counts later waits for it.
    """
    await tx.raw.execute(LOCK_OR_OPEN, customer_ids, tx.at)


async def save_orders(tx: Transaction, by_customer: Mapping[UUID, OrderTotals]) -> None:
    """Add new orders to the overviews of their customers."""
    ids = sorted(by_customer)
    rows = [by_customer[id] for id in ids]
    await tx.raw.execute(
        ORDERS, ids, [row.orders for row in rows], [row.amount for row in rows], [row.first_at for row in rows],
        [row.last_at for row in rows], [row.last_id for row in rows], tx.at,
    )  # fmt: skip


async def save_returns(tx: Transaction, by_customer: Mapping[UUID, ReversalTotals]) -> None:
    """Add returns to the overviews of their customers."""
    ids = sorted(by_customer)
    rows = [by_customer[id] for id in ids]
    await tx.raw.execute(
        RETURNS, ids, [row.times for row in rows], [row.amount for row in rows], [row.last_at for row in rows], tx.at
    )


async def save_cancellations(tx: Transaction, by_customer: Mapping[UUID, ReversalTotals]) -> None:
    """Add cancellations to the overviews of their customers."""
    ids = sorted(by_customer)
    rows = [by_customer[id] for id in ids]
    await tx.raw.execute(CANCELLATIONS, ids, [row.times for row in rows], [row.amount for row in rows], tx.at)


async def save_deliveries(tx: Transaction, by_customer: Mapping[UUID, datetime]) -> None:
    """Keep the latest delivery of each customer."""
    ids = sorted(by_customer)
    await tx.raw.execute(DELIVERIES, ids, [by_customer[id] for id in ids], tx.at)


async def save_tiers(tx: Transaction, by_customer: Mapping[UUID, TierChanged]) -> None:
    """Write the tier now."""
    ids = sorted(by_customer)
    rows = [by_customer[id] for id in ids]
    await tx.raw.execute(
        TIERS, ids, [row.tier for row in rows], [row.rank for row in rows], [row.effective_from for row in rows], tx.at
    )


async def save_points(tx: Transaction, by_customer: Mapping[UUID, PointsPosted]) -> None:
    """Write the balance of points after the last posting."""
    ids = sorted(by_customer)
    rows = [by_customer[id] for id in ids]
    await tx.raw.execute(
        POINTS, ids, [row.balance for row in rows], [row.held for row in rows], [row.debt for row in rows], tx.at
    )


async def save_open_warnings(tx: Transaction, by_customer: Mapping[UUID, OpenWarnings]) -> None:
    """Add open warnings, or write over those that are there."""
    ids = sorted(by_customer)
    await tx.raw.execute(SAVE_OPEN_WARNINGS, ids, [json.dumps(by_customer[id]) for id in ids], tx.at)


async def save_closed_warnings(tx: Transaction, by_customer: Mapping[UUID, Sequence[str]]) -> None:
    """Take closed warnings, by their ids, off the overviews."""
    ids = sorted(by_customer)
    await tx.raw.execute(CLOSE_WARNINGS, ids, [" ".join(by_customer[id]) for id in ids], tx.at)


async def find_overview(database: Database, customer_id: UUID, reader: Reader, today: date) -> Mapping[str, Any] | None:
    """One read with its own line in the access trail; a file nobody did anything with yet has an empty overview.

    One statement is a transaction by itself, all or nothing; a BEGIN and a COMMIT around it would be two round trips
    more on the path that a ringing telephone waits for.
    """
    async with database.engine.connect() as sql:
        try:
            raw: Any = (await sql.get_raw_connection()).driver_connection
            row: Mapping[str, Any] | None = await raw.fetchrow(
                READ, customer_id, reader.source, reader.actor, today, database.clock()
            )
        except BaseException:
            await sql.invalidate()  # whatever state it is in, nobody else gets it
            raise
    return row
