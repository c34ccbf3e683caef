"""SQL of the tiers customers stood in at an instant, as known at another."""

from datetime import datetime
from uuid import UUID

from shared.messaging import Transaction

# Of the rows known then, the last one that had begun: an end that is written may have become known later.
TIERS_THEN = """
select distinct on (customer_id) customer_id, tier, rank from tier_history
where lower(effective) <= {as_of}::timestamptz and recorded_at <= {known_at}::timestamptz
  and (superseded_at is null or superseded_at > {known_at}::timestamptz)
order by customer_id, lower(effective) desc
"""


async def list_customers_in(tx: Transaction, tier: str, as_of: datetime, known_at: datetime) -> list[UUID]:
    """Who stood in this tier then."""
    rows = await tx.raw.fetch(
        f"select customer_id from ({TIERS_THEN.format(as_of='$2', known_at='$3')}) t where tier = $1",
        tier, as_of, known_at,
    )  # fmt: skip
    return [row["customer_id"] for row in rows]
