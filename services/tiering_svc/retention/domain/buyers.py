"""A customer as the models see it, and what they say of it (T13). Apart from them, so that a start needs no numpy."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer's purchase days: how many after the first, when the last was, how old the customer is."""

    customer_id: UUID
    frequency: int
    recency_days: int
    age_days: int
    mean_value: Decimal | None  # of the repeat purchase days; None without any
    margin_rate: Decimal | None  # of all whose costs are known; None: not known


@dataclass(frozen=True, slots=True)
class LifetimeValue:
    """What a customer is expected to bring over a horizon; amounts in the accounting currency, None: not known."""

    buyer: Buyer
    chance_alive: Decimal | None  # 0 to 1
    expected_orders: Decimal | None
    expected_value: Decimal | None  # of one purchase
    revenue: Decimal | None  # discounted
    margin: Decimal | None  # discounted; None also where the margin rate is not known
