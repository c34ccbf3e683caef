"""What lifetime value looks at of a customer, and what it says of it (T13). Without numpy: a start needs none."""

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
class Worth:
    buyer: Buyer
    chance_alive: Decimal | None
    expected_orders: Decimal | None
    expected_value: Decimal | None  # of one purchase
    revenue: Decimal | None  # discounted
    margin: Decimal | None  # discounted; None also where the margin rate is not known
