"""SQL of the tiers that customers were in at an instant, as known at another."""

from datetime import datetime
from uuid import UUID

from services.tiering_svc.core.repository.merged import is_absorbed
from shared.messaging import Transaction
from shared.sql import fragments


def tiers_as_of(as_of: str, known_at: str) -> str:
    """A select of each customer's tier in force at an instant, as known at another (both SQL). Of who are one (P12) the
    root stands for all.

    Of the rows known then, the last one that had begun: an end that is written may have become known later.
    """
    return f"""
select distinct on (customer_id) customer_id, tier, rank from tier_history
where lower(effective) <= {as_of}::timestamptz
  and {fragments.known_at(f"{known_at}::timestamptz", "recorded_at", "superseded_at")}
  and not {is_absorbed("customer_id", as_of, known_at)}
order by customer_id, lower(effective) desc
"""


async def list_customers_in(tx: Transaction, tier: str, as_of: datetime, known_at: datetime) -> list[UUID]:
    """The customers who were in a tier as of an instant, as known at another."""
    rows = await tx.raw.fetch(
        f"select customer_id from ({tiers_as_of('$2', '$3')}) t where tier = $1",
        tier, as_of, known_at,
    )  # fmt: skip
    return [row["customer_id"] for row in rows]
