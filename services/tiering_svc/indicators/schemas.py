"""Indicators over HTTP (T1)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.tiering_svc.core.schemas.shapes import Count, MonthsRead
from shared.chassis import Read

Month = Annotated[str, StringConstraints(strict=True, pattern=r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$")]


class IndicatorRead(Read):
    """An indicator of the catalogue: what it is and how it is counted."""

    code: str
    group: str = Field(description="its class: transaction, finance, contact or profile")
    unit: str
    window: str = Field(description="window: the months asked for; as_of: at that instant; ever: until that instant")
    gradable: bool = Field(description="its values are numbers, so a policy can put it into bands")
    name: dict[str, str]
    definition: dict[str, str]


class IndicatorValueRead(Read):
    """The value of one indicator."""

    code: str
    unit: str
    value: str | None = Field(description="a decimal in text, or a code; null when it is not known")


class CustomerIndicatorsRead(Read):
    """The indicators of a customer, or of its group, as of one instant."""

    customer_id: UUID
    as_of: datetime
    known_at: datetime
    window: MonthsRead
    members: Count = Field(description="how many customers the figures are of: more than 1 for a group")
    indicators: list[IndicatorValueRead]


class MonthIndicatorsRead(Read):
    """The indicators of one month."""

    month: str
    as_of: datetime = Field(description="the month's last instant; now, for the present month")
    values: dict[str, str | None] = Field(description="by indicator; null when it is not known")


class IndicatorMonthsRead(Read):
    """The indicators of a customer, or of its group, month by month."""

    customer_id: UUID
    known_at: datetime
    items: list[MonthIndicatorsRead] = Field(description="oldest first, each month a window of its own")
