"""Indicators over HTTP (T1)."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.tiering_svc.schemas.common import MonthsRead
from shared.chassis import Read


class IndicatorRead(Read):
    code: str
    group: str
    unit: str
    window: str
    gradable: bool
    name: dict[str, str]
    definition: dict[str, str]


class IndicatorValueRead(Read):
    code: str
    unit: str
    value: str | None = Field(description="a decimal in text; null when it is not known")


class CustomerIndicatorsRead(Read):
    customer_id: UUID
    as_of: datetime
    window: MonthsRead
    indicators: list[IndicatorValueRead]
