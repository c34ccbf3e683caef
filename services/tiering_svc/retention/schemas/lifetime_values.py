"""Expected lifetime value over HTTP (T13)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count, NamedCustomerRead
from shared.chassis import Instant, Read, Shape, SignedAmount
from shared.jobs.http import JobRead


class LifetimeRunCreate(Shape):
    as_of: Instant | None = Field(default=None, description="now, if not given")
    known_at: Instant | None = Field(default=None, description="only facts recorded by then; now, if not given")
    horizon_months: Annotated[int, Field(strict=True, ge=1, le=120, json_schema_extra={"format": "int32"})] = 12
    discount_rate: Annotated[
        str,
        Field(strict=True, pattern=r"^[01](\.\d{1,4})?$", description="a year, as a decimal in text", examples=["0.1"]),
    ] = "0.1"


class BuyingParametersRead(Read):
    r: str
    alpha: str = Field(description="weeks")
    a: str
    b: str


class SpendParametersRead(Read):
    p: str
    q: str
    gamma: str = Field(description="money")


class LifetimeParametersRead(Read):
    """Estimates, every digit of them: the same come back from the same facts."""

    buying: BuyingParametersRead = Field(description="BG/NBD")
    spend: SpendParametersRead | None = Field(description="Gamma-Gamma; null: too few repeat purchases of any value")
    customers: Count
    repeat_customers: Count
    valued_customers: Count = Field(description="customers whose repeat purchases have a value")
    log_likelihood: str
    spend_log_likelihood: str | None
    correlation: str | None = Field(description="of how often and how much: the models suppose there is none")
    at_edge: list[str] = Field(description="parameters the customers differ too little to tell")


class LifetimeRunRead(JobRead):
    """A run that values everybody, and the models it fitted; its progress counts customers who had bought by then."""

    as_of: datetime
    known_at: datetime
    horizon_months: Count
    discount_rate: str
    phase: str = Field(description="fitting, valuing")
    failure_words: dict[str, str] | None = Field(description="why the models could not be fitted")
    expected_revenue: SignedAmount = Field(description="of those valued so far, together")
    parameters: LifetimeParametersRead | None


class LifetimeValueRead(NamedCustomerRead):
    repeat_purchases: Count = Field(description="purchase days after the first")
    days_to_last_purchase: Count = Field(description="from the first")
    age_days: Count = Field(description="since the first purchase")
    mean_value: SignedAmount | None = Field(description="of the repeat purchase days")
    margin_rate: str | None = Field(description="null: not known, or not for this reader")
    chance_alive: str | None
    expected_purchases: str | None
    expected_value: SignedAmount | None = Field(description="of one purchase")
    expected_revenue: SignedAmount | None = Field(description="over the horizon, discounted")
    expected_margin: SignedAmount | None = Field(description="null: no margin rate is known, or not for this reader")


class CustomerLifetimeValueRead(Read):
    run_id: UUID
    as_of: datetime
    known_at: datetime
    horizon_months: Count
    discount_rate: str
    value: LifetimeValueRead
    words: str
