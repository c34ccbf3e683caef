"""The programme: how many points an amount earns, and for how long they can be used. Data, in versions (L2)."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from shared.errors import invalid

ONE = Decimal(1)
ZERO = Decimal(0)
LONGEST_LIFE_MONTHS = 1200
# Points per 1.00, all factors together: the greatest order that intake takes, 10^13, earns 10^17; a bigint holds 92.
GREATEST_RATE = Decimal(10_000)


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

    def terms(self) -> dict[str, Any]:
        """The terms as a JSON object, for the database: decimals are strings."""
        return {
            "base_rate": str(self.base_rate),
            "tiers": {tier: str(multiplier) for tier, multiplier in self.tiers.items()},
            "categories": {category: str(factor) for category, factor in self.categories.items()},
            "bonuses": dict(self.bonuses),
            "lifetime_months": self.lifetime_months,
        }


def programme_from(version: int, effective_from: datetime | None, terms: Mapping[str, Any], zone: tzinfo) -> Programme:
    """The programme behind stored terms; refuses what would take points away or let them live for ever."""
    programme = Programme(
        version=version,
        effective_from=effective_from,
        base_rate=Decimal(terms["base_rate"]),
        tiers={tier: Decimal(multiplier) for tier, multiplier in terms["tiers"].items()},
        categories={category: Decimal(factor) for category, factor in terms["categories"].items()},
        bonuses=dict(terms["bonuses"]),
        lifetime_months=terms["lifetime_months"],
        zone=zone,
    )
    rates = [programme.base_rate, *programme.tiers.values(), *programme.categories.values()]
    if any(not rate.is_finite() or rate < ZERO for rate in rates) or any(b < 0 for b in programme.bonuses.values()):
        raise invalid("rate_out_of_range", "Rates and bonuses have to be zero or more.")
    if not 1 <= programme.lifetime_months <= LONGEST_LIFE_MONTHS:
        raise invalid("lifetime_out_of_range", "Points have to live for 1 to 1200 months.", pointer="/lifetime_months")
    return programme


class Programmes:
    """All versions. Which one an order falls under is decided by when it was placed."""

    def __init__(self, versions: Sequence[Programme]) -> None:
        self._by_version = {programme.version: programme for programme in versions}
        self._newest_first = sorted(versions, key=lambda programme: programme.version, reverse=True)

    def __getitem__(self, version: int) -> Programme:
        return self._by_version[version]

    def at(self, instant: datetime) -> Programme:
        """The version in force at an instant: of those that had begun, the newest."""
        for programme in self._newest_first:
            if programme.effective_from is None or programme.effective_from <= instant:
                return programme
        return self._newest_first[-1]

    def newest(self) -> Programme:
        """The version that was made last, also while it has not begun."""
        return self._newest_first[0]

    def all(self) -> list[Programme]:
        """Every version, the newest first."""
        return list(self._newest_first)


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
