"""SQL of the pyramid (T7) as it was known at an instant, and of who moved between its levels."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.chassis import DataScope
from shared.messaging import Transaction
from shared.sql import fragments


def standings_as_of(as_of: str, known_at: str) -> str:
    """A select of each customer's row in force at an instant, as known at another (both SQL): the latest beginning
    among the rows that were not replaced by then."""
    return f"""
select distinct on (customer_id) customer_id, tier, rank, policy_id, policy_version from tier_history
where lower(effective) <= {as_of} and {fragments.known_at(known_at, "known_from", "known_until")}
order by customer_id, lower(effective) desc, known_from desc
"""


# Orders of the window net of what was known by then to have come back; figures of facts, not of sums.
AS_KNOWN = f"""
with placed as materialized ({standings_as_of("$1", "$2")}), back as (
    select customer_id, order_id, sum(amount) as amount, sum(quantity) as quantity,
           case when count(margin) = count(*) then sum(margin) end as margin
    from order_change where recorded_at <= $2 group by customer_id, order_id
), sold as (
    select p.tier, sum(o.amount - coalesce(b.amount, 0)) as amount,
           sum(case when b.order_id is null then o.margin else o.margin - b.margin end) as margin,
           sum(o.amount - coalesce(b.amount, 0)) filter (
               where case when b.order_id is null then o.margin else o.margin - b.margin end is not null) as known
    from order_fact o join placed p using (customer_id) left join back b using (customer_id, order_id)
    where o.month between $3 and $4 and o.placed_at <= $1 and o.recorded_at <= $2
      and o.quantity > coalesce(b.quantity, 0)
    group by p.tier
)
select p.tier, count(*)::int, coalesce(max(s.amount), 0), max(s.margin), coalesce(max(s.known), 0)
from placed p left join sold s using (tier) group by p.tier
"""


@dataclass(frozen=True, slots=True)
class LevelAsKnown:
    """Who was in a level and what they had brought, as it was known at an instant."""

    customers: int
    amount: Decimal
    margin: Decimal | None
    margin_known_amount: Decimal


async def read_as_known(
    tx: Transaction, as_of: datetime, known_at: datetime, months: tuple[date, date]
) -> dict[str, LevelAsKnown]:
    """Tiers as they were known: who was there and what they had brought in these months."""
    rows = await tx.raw.fetch(AS_KNOWN, as_of, known_at, *months)
    return {tier: LevelAsKnown(*figures) for tier, *figures in rows}


# Whoever began a row in between may have moved; everybody else is where he was.
MOVED = f"""
with ladder as (
    select id as policy_id, version, jsonb_path_query_array(document, '$.levels[*].code') as codes
    from rule_set_version where kind = 'tier-policies'
), touched as (
    select distinct customer_id from tier_history h
    where lower(effective) > $1 and lower(effective) <= $2 and known_from <= $3 and {{within}}
), before as ({standings_as_of("$1", "$3")}), after as ({standings_as_of("$2", "$3")}), moved as (
    select a.customer_id, b.tier as from_tier, a.tier as to_tier,
           case when ladder_before.codes is distinct from ladder_after.codes then 'placed'
                when a.rank > b.rank then 'up' else 'down' end as way
    from touched t
    join after a using (customer_id) left join before b using (customer_id)
    left join ladder ladder_before on (ladder_before.policy_id, ladder_before.version) = (b.policy_id, b.policy_version)
    left join ladder ladder_after on (ladder_after.policy_id, ladder_after.version) = (a.policy_id, a.policy_version)
    where a.tier is distinct from b.tier
)
"""
MATRIX = (
    MOVED + "select from_tier, to_tier, way, count(*)::int from moved group by 1, 2, 3 order by 1 nulls first, 2, 3"
)
LIST = (
    MOVED
    + """
select customer_id, from_tier, to_tier, way from moved
where ($4::text is null or from_tier = $4) and ($5::text is null or to_tier = $5) and ($6::text is null or way = $6)
  and ($7::uuid is null or customer_id > $7)
order by customer_id limit $8
"""
)


@dataclass(frozen=True, slots=True)
class Direction:
    """How many customers went from one tier to another."""

    from_tier: str | None  # None: no tier yet
    to_tier: str
    way: str  # up, down, or placed: for the first time, or on another pyramid
    customers: int


@dataclass(frozen=True, slots=True)
class MovedCustomer:
    """A customer that is in another tier at the end of a time than at its beginning."""

    customer_id: UUID
    from_tier: str | None
    to_tier: str
    way: str


async def count_ways(
    tx: Transaction, since: datetime, until: datetime, known_at: datetime, scope: DataScope | None = None
) -> list[Direction]:
    """How many (of a scope) went from which tier to which between two instants, as it was known at a third."""
    values: list[Any] = [since, until, known_at]
    return [Direction(*row) for row in await tx.raw.fetch(_within(MATRIX, scope, values), *values)]


async def list_moved(
    tx: Transaction, since: datetime, until: datetime, known_at: datetime, *, from_tier: str | None,
    to_tier: str | None, way: str | None, after: UUID | None, limit: int, scope: DataScope,
) -> list[MovedCustomer]:  # fmt: skip
    """Who of a scope went from which tier to which between two instants, by customer; only those that all filters
    fit."""
    values: list[Any] = [since, until, known_at, from_tier, to_tier, way, after, limit]
    rows = await tx.raw.fetch(_within(LIST, scope, values), *values)
    return [MovedCustomer(*row) for row in rows]


def _within(sql: str, scope: DataScope | None, values: list[Any]) -> str:
    return sql.format(within="true" if scope is None else scope.where("h.customer_id", values))
