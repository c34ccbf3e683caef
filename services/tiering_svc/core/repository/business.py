"""The business as it was fixed at the first start: its time zone and its currency."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class Business:
    """The time zone that months and days are counted in, and the currency of all amounts."""

    zone: ZoneInfo
    currency: str


async def find_business(tx: Transaction) -> Business:
    """The business, from its one row."""
    row = await tx.raw.fetchrow("select time_zone, currency from business")
    assert row is not None  # written by the first migration
    return Business(ZoneInfo(row["time_zone"]), row["currency"])
