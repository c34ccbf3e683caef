"""SQL of standings as of an instant, as known at another: the row of the history in force then, with its grace."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tiering_svc.tiers.domain.standing_as_of import StandingAsOf
from shared.messaging import Transaction
from shared.sql import fragments

# A row counts when the facts it stands on had been recorded by then, and those of what replaced it had not. A row's end
# is not looked at: it may have become known later, and the next row's beginning says the same.
STANDINGS_AS_OF = f"""
select a.customer_id, h.id, h.tier, h.rank, lower(h.effective), h.kind, h.policy_id, h.policy_version,
       case when h.kind = 'override' then least((h.reasons ->> 'until')::timestamptz, o.ended_at) end,
       w.below_since, w.grace_until, p.until, h.retained_until
from unnest($1::uuid[]) as a(customer_id)
cross join lateral (
    select * from tier_history h
    where h.customer_id = a.customer_id and lower(h.effective) <= $2
      and {fragments.known_at("$3", "h.known_from", "h.known_until")}
    order by lower(h.effective) desc, h.known_from desc limit 1
) h
left join lateral (
    select * from tier_watch w
    where w.customer_id = a.customer_id and w.below_since <= $2 and (w.ended_at is null or w.ended_at > $2)
      and {fragments.known_at("$3", "w.known_from", "w.known_until")}
    order by w.known_from desc limit 1
) w on true
left join tier_privilege o  -- an override that was ended early
  on o.privilege_id = (h.reasons ->> 'override_id')::uuid and o.ended_at <= $3
left join lateral (  -- a promise that the tier is kept
    select max(until) as until from tier_privilege p
    where p.customer_id = a.customer_id and p.kind = 'retention' and p.starts_at <= $2 and p.set_at <= $3
      and not coalesce(p.ended_at <= least($2, $3), false)
) p on true
"""


async def list_standings_as_of(
    tx: Transaction, customers: Sequence[UUID], as_of: datetime, known_at: datetime
) -> dict[UUID, StandingAsOf]:
    """The standings of those of these customers who had a tier then."""
    rows = await tx.raw.fetch(STANDINGS_AS_OF, customers, as_of, known_at)
    return {row[0]: StandingAsOf(*row) for row in rows}
