"""The demo's real year as customers' histories, with its own dates (2017): only purchases, nothing that is made up."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from deploy.demo.purchases import Purchases, read_purchases
from services.tiering_svc.indicators.domain.order import Order
from services.tiering_svc.monitoring.domain.history import History

CENT = Decimal("0.01")


def read_histories() -> list[History]:
    """Every household, in order of its number."""
    return histories_of(read_purchases())


def histories_of(purchases: Purchases) -> list[History]:
    by_household: dict[int, list[Order]] = {}
    rows = zip(
        purchases.household.tolist(), purchases.basket.tolist(), purchases.placed_at.tolist(),
        purchases.cents_of_baskets().tolist(), strict=True,
    )  # fmt: skip
    for household, basket, seconds, cents in rows:
        placed_at = datetime.fromtimestamp(seconds, UTC)
        order = Order(
            UUID(int=basket), placed_at, date(placed_at.year, placed_at.month, 1), cents * CENT, None, 1
        )  # fmt: skip
        by_household.setdefault(household, []).append(order)
    return [History(UUID(int=household), orders) for household, orders in sorted(by_household.items())]
