"""What a simulation shows (T9): who goes from where to where with what they bring, and what the benefits would cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any

from services.tiering_svc.core.domain.numbers import FOUR_PLACES, ZERO

PRECISE = 100  # digits: amounts of any size multiplied with each other stay exact
NOWHERE = ""  # of those who have no tier yet


@dataclass(frozen=True, slots=True)
class SimulationCell:
    """Customers that go from one tier to another, or stay; and what they brought in the policy's window."""

    from_tier: str
    to_tier: str
    customers: int
    revenue: Decimal
    profit: Decimal | None  # None: no cost is known
    profit_known_for: Decimal

    def plus(self, other: "SimulationCell") -> "SimulationCell":
        """Both together; the profit of those whose costs are known."""
        profits = [profit for profit in (self.profit, other.profit) if profit is not None]
        return replace(
            self, customers=self.customers + other.customers, revenue=self.revenue + other.revenue,
            profit=sum(profits, ZERO) if profits else None,
            profit_known_for=self.profit_known_for + other.profit_known_for,
        )  # fmt: skip


def cells_by_key(cells: Iterable[SimulationCell]) -> dict[tuple[str, str], SimulationCell]:
    """The cells by (from tier, to tier), those of the same two tiers added up."""
    by_key: dict[tuple[str, str], SimulationCell] = {}
    for cell in cells:
        key = cell.from_tier, cell.to_tier
        by_key[key] = by_key[key].plus(cell) if key in by_key else cell
    return by_key


def levels_of(cells: Iterable[SimulationCell], *, before: bool) -> dict[str, SimulationCell]:
    """The customers of each tier added up, as they are before or after."""
    tiers = ((cell.from_tier if before else cell.to_tier, cell) for cell in cells)
    staying = (replace(cell, from_tier=tier, to_tier=tier) for tier, cell in tiers)
    return {tier: cell for (tier, _), cell in cells_by_key(staying).items()}


@dataclass(frozen=True, slots=True)
class BenefitCosts:
    """What a year in a tier costs: an amount a customer, and the points that its multiplier gives beyond the base."""

    per_customer_year: Mapping[str, Decimal]
    points_per_unit: Decimal = ZERO  # base points for one unit of the currency
    value_of_a_point: Decimal = ZERO
    multipliers: Mapping[str, Decimal] | None = None

    def of_level(self, level: SimulationCell, months: int) -> Decimal:
        """A year of these customers in this tier, if they go on as in the window of so many months."""
        fixed = self.per_customer_year.get(level.to_tier, ZERO) * level.customers
        beyond = (self.multipliers or {}).get(level.to_tier, Decimal(1)) - 1
        with localcontext(prec=PRECISE):
            revenue_a_year = level.revenue * 12 / months
            return (fixed + revenue_a_year * self.points_per_unit * beyond * self.value_of_a_point).quantize(
                FOUR_PLACES
            )

    def of_all(self, levels: Iterable[SimulationCell], months: int) -> Decimal:
        """A year of all levels together."""
        return sum((self.of_level(level, months) for level in levels), ZERO)

    def of_a_month(self, levels: Iterable[SimulationCell], months: int) -> Decimal:
        """The twelfth of a year that a month of all levels together costs."""
        return (self.of_all(levels, months) / 12).quantize(FOUR_PLACES)

    def as_data(self) -> dict[str, Any]:
        """As a run keeps them."""
        return {
            "per_customer_year": _as_text(self.per_customer_year),
            "points_per_unit": str(self.points_per_unit),
            "value_of_a_point": str(self.value_of_a_point),
            "multipliers": _as_text(self.multipliers or {}),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "BenefitCosts":
        """From what `as_data` kept."""
        return cls(
            _read(data["per_customer_year"]), Decimal(data["points_per_unit"]), Decimal(data["value_of_a_point"]),
            _read(data["multipliers"]),
        )  # fmt: skip


def _as_text(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {tier: str(amount) for tier, amount in amounts.items()}


def _read(amounts: Mapping[str, str]) -> dict[str, Decimal]:
    return {tier: Decimal(amount) for tier, amount in amounts.items()}
