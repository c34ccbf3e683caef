"""SQL of composition (T14): revenue by tier, what is bought by category, and what customers have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.tiering_svc.core.repository.merged import root_of
from services.tiering_svc.indicators.domain.bands import age_band_in
from services.tiering_svc.pyramid.domain.composition import TierFigures
from services.tiering_svc.tiers.repository.tiers_as_of import tiers_as_of
from shared.messaging import Transaction

# What was placed in the window and is left of it, net of all that was known by then to have come back, as in the
# pyramid and in indicators: a return is as if never bought.
LEFT_BY_CATEGORY = f"""
placed as (
    select customer_id, {root_of("o.customer_id", "$3")} as root_id, order_id, mix from order_fact o
    where placed_at >= $1 and placed_at <= $2 and recorded_at <= $3
      and ($4::uuid[] is null or o.customer_id = any($4))
), parts as (
    select p.root_id as customer_id, e.key as category, (e.value ->> 0)::numeric as amount,
           (e.value ->> 1)::bigint as quantity, (e.value ->> 2)::numeric as margin
    from placed p cross join lateral jsonb_each(p.mix::jsonb) e
    union all
    select p.root_id, e.key, -(e.value ->> 0)::numeric, -(e.value ->> 1)::bigint, -(e.value ->> 2)::numeric
    from order_change c join placed p on p.customer_id = c.customer_id and p.order_id = c.order_id
    cross join lateral jsonb_each(c.mix::jsonb) e
    where c.recorded_at <= $3
), by_customer as (
    select customer_id, category, sum(amount) as amount, sum(quantity) as quantity,
           case when count(margin) = count(*) then sum(margin) end as margin
    from parts group by customer_id, category having sum(quantity) > 0
)
"""


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """What customers bought of a category of goods, less what came back."""

    category: str
    customers: int
    quantity: int
    amount: Decimal
    margin: Decimal | None  # None: some cost is not known


async def list_tiers(tx: Transaction, since: datetime, until: datetime, known_at: datetime) -> list[TierFigures]:
    """Revenue by the tier that customers stood in at the end of the window; the best tier first."""
    rows = await tx.raw.fetch(
        f"""with bought as (
               select {root_of("o.customer_id", "$3")} as customer_id,
                      sum(o.amount) - coalesce(sum(c.amount), 0) as revenue
               from order_fact o
               left join lateral (
                   select sum(c.amount) as amount from order_change c
                   where c.customer_id = o.customer_id and c.order_id = o.order_id
                     and c.recorded_at <= $3 and o.returned_quantity > 0
               ) c on true
               where o.placed_at >= $1 and o.placed_at <= $2 and o.recorded_at <= $3
               group by 1
           )
           select h.tier, count(*)::int as customers, coalesce(sum(b.revenue), 0) as revenue
           from ({tiers_as_of("$2", "$3")}) h left join bought b using (customer_id)
           group by h.tier order by max(h.rank) desc, h.tier""",
        since, until, known_at,
    )  # fmt: skip
    return [TierFigures(**row) for row in rows]


async def list_categories(
    tx: Transaction, since: datetime, until: datetime, known_at: datetime, customers: Sequence[UUID] | None
) -> list[CategoryFigures]:
    """What these customers (or all) bought, the largest category first. Of who are one (P12) all ids are given whose
    orders count."""
    rows = await tx.raw.fetch(
        f"""with {LEFT_BY_CATEGORY}
            select category, count(*)::int as customers, sum(quantity)::bigint as quantity, sum(amount) as amount,
                   case when count(margin) = count(*) then sum(margin) end as margin
            from by_customer group by category order by sum(amount) desc, category""",
        since, until, known_at, None if customers is None else list(customers),
    )  # fmt: skip
    return [CategoryFigures(**row) for row in rows]


TRAITS = (
    "kind", "region", "industry", "legal_nature", "acquisition_source", "age_band", "income_band", "household_size",
)  # fmt: skip
Feature = tuple[str, str]  # what kind of thing, and which


async def list_features(
    tx: Transaction, since: datetime, until: datetime, known_at: datetime
) -> dict[UUID, set[Feature]]:
    """Everybody who bought in the window, with the categories of which something is left and what the file says."""
    rows = await tx.raw.fetch(
        f"""with {LEFT_BY_CATEGORY}, file as (
                select distinct on (customer_id) customer_id, {", ".join(TRAITS)}, age_band_since from customer_traits
                where changed_at <= $2 and recorded_at <= $3 order by customer_id, seq desc
            )
            select b.customer_id, b.categories, extract(year from $2 at time zone z.time_zone)::int as year,
                   t.age_band_since, {", ".join(f"t.{trait}" for trait in TRAITS)}
            from (select customer_id, array_agg(category) as categories from by_customer group by 1) b
            cross join business z left join file t using (customer_id)""",
        since, until, known_at, None,
    )  # fmt: skip
    features: dict[UUID, set[Feature]] = {}
    for customer_id, categories, year, since_year, *values in rows:
        traits = dict(zip(TRAITS, values, strict=True))
        traits["age_band"] = age_band_in(year, traits["age_band"], since_year)
        features[customer_id] = {("category", category) for category in categories}
        features[customer_id] |= {(trait, value) for trait, value in traits.items() if value is not None}
    return features


async def list_key_accounts(tx: Transaction, as_of: datetime, known_at: datetime) -> list[UUID]:
    """Who was a key account then (T8)."""
    rows = await tx.raw.fetch(
        f"""select distinct {root_of("a.customer_id", "$2")} as customer_id from account_class a
           where class = 'key' and effective @> $1::timestamptz and recorded_at <= $2""",
        as_of, known_at,
    )  # fmt: skip
    return [row["customer_id"] for row in rows]
