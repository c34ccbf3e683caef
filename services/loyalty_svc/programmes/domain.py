"""The programme: how many points an amount earns, and for how long they can be used. Data, in versions (L2)."""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from shared.errors import invalid

ONE = Decimal(1)
ZERO = Decimal(0)
SINCE_EVER = datetime.min.replace(tzinfo=UTC)
LONGEST_LIFE_MONTHS = 1200
# Points per 1.00, all factors together: the greatest order that intake takes, 10^13, earns 10^17; a bigint holds 92.
GREATEST_RATE = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class PointLimits:
    """How many points one person may give or take alone, counted together; beyond it another person approves (L1, C5).

    `customer`: adjusted and transferred of one customer within `customer_days` business days, today included; `day`: by
    one person on a business day, what it granted through cases included; `settlement` and `settlement_day`: granted
    through cases without an approval there, to a customer and by a person on a day; `most`: moved at once by hand,
    whoever approves it.
    """

    customer: int = 1_000
    day: int = 5_000
    settlement: int = 20_000
    settlement_day: int = 50_000
    most: int = 10_000_000
    customer_days: int = 30


@dataclass(frozen=True, slots=True)
class Programme:
    """One version. An order keeps the version it was recorded under, so a new one never changes what was earned."""

    version: int
    effective_from: datetime | None  # None: since ever
    base_rate: Decimal = ONE  # points per 1.00 of the accounting currency
    tiers: Mapping[str, Decimal] = field(default_factory=dict)  # multiplier by tier code; others 1
    categories: Mapping[str, Decimal] = field(default_factory=dict)  # factor by category; others 1
    bonuses: Mapping[str, int] = field(default_factory=dict)  # points for a line of the category, whatever its amount
    lifetime_months: int = 24
    limits: PointLimits = field(default_factory=PointLimits)
    zone: tzinfo = UTC  # the business's, whose months these are; the same in all versions of a deployment

    def multiplier(self, tier: str | None) -> Decimal:
        """By which the tier multiplies what is earned; 1 without a tier, and for tiers the programme does not name."""
        return self.tiers.get(tier, ONE) if tier is not None else ONE

    def check_rate_bound(self) -> None:
        """422 `rate_out_of_range` when all factors together give more than a balance can count.

        For new versions only: one that was decided before there was a bound is still read.
        """
        greatest = self.base_rate * max([ONE, *self.tiers.values()]) * max([ONE, *self.categories.values()])
        if greatest > GREATEST_RATE:
            raise invalid(
                "rate_out_of_range", "Base rate, tier and category together may give at most 10000 points per 1.00."
            )

    def expires_at(self, earned_at: datetime) -> datetime:
        """Until when points can be used that were earned at an instant: calendar months later, in the business zone."""
        return add_months(earned_at, self.lifetime_months, self.zone)


def programme_from(
    version: int, effective_from: datetime | None, document: Mapping[str, Any], zone: tzinfo
) -> Programme:
    """The programme behind a document (decimals are strings). 422 for what takes points away or never lets them end.

    `zone` is the business's, in which months are counted.
    """
    programme = Programme(
        version=version,
        effective_from=effective_from,
        base_rate=Decimal(document["base_rate"]),
        tiers={tier: Decimal(multiplier) for tier, multiplier in document["tiers"].items()},
        categories={category: Decimal(factor) for category, factor in document["categories"].items()},
        bonuses=dict(document["bonuses"]),
        lifetime_months=document["lifetime_months"],
        limits=PointLimits(**document.get("limits", {})),
        zone=zone,
    )
    rates = [programme.base_rate, *programme.tiers.values(), *programme.categories.values()]
    if any(not rate.is_finite() or rate < ZERO for rate in rates) or any(b < 0 for b in programme.bonuses.values()):
        raise invalid("rate_out_of_range", "Rates and bonuses have to be zero or more.")
    if not 1 <= programme.lifetime_months <= LONGEST_LIFE_MONTHS:
        raise invalid(
            "lifetime_out_of_range", "Points have to live for 1 to 1200 months.", pointer="/document/lifetime_months"
        )
    return programme


class Programmes:
    """The versions in force, one after the other without a gap. An order falls under that of when it was placed."""

    def __init__(self, versions: Sequence[Programme]) -> None:
        """`versions`: one or more; of those that begin at one instant, the later in the sequence is in force."""
        self._versions = sorted(versions, key=lambda programme: programme.effective_from or SINCE_EVER)
        self._beginnings = [programme.effective_from or SINCE_EVER for programme in self._versions]

    def at(self, instant: datetime) -> Programme:
        """The version in force at an instant: the last that had begun, or else the first."""
        return self._versions[max(0, bisect_right(self._beginnings, instant) - 1)]


def whole(points: Decimal) -> int:
    """Rounded to whole points, half to even (as `round` of a Decimal always is): the one rounding there is."""
    return round(points)


def add_months(instant: datetime, months: int, zone: tzinfo) -> datetime:
    """The same day and hour so many months later, where the business is; the 31st becomes the month's last day."""
    local = instant.astimezone(zone)
    years, month = divmod(local.month - 1 + months, 12)
    year, month = local.year + years, month + 1
    day = min(local.day, monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day).astimezone(UTC)
