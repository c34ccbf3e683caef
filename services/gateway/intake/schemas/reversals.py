"""HTTP shapes of what follows an order."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.gateway.intake.domain.reversals import LineWanted, TakenBack
from services.gateway.intake.schemas.order_types import WholeNumber
from shared.chassis import Amount, Code, Instant, Read, Shape


class ReturnLineCreate(Shape):
    line: WholeNumber
    quantity: WholeNumber


class ReturnCreate(Shape):
    return_id: Code
    returned_at: Instant
    lines: Annotated[list[ReturnLineCreate], Field(max_length=500)]

    def wanted(self) -> list[LineWanted]:
        return [LineWanted(line.line, line.quantity) for line in self.lines]


class CancellationCreate(Shape):
    cancelled_at: Instant
    reason: Code | None = None


class TakenBackLineRead(Read):
    line: int
    category: str
    quantity: int
    amount: Amount


class ReturnRead(Read):
    id: UUID
    return_id: str
    order_id: UUID
    customer_id: UUID
    returned_at: datetime
    amount: Amount
    lines: list[TakenBackLineRead]
    event_id: UUID

    @classmethod
    def of(cls, record: TakenBack) -> Self:
        return cls(
            id=record.id, return_id=record.ref, order_id=record.order_id, customer_id=record.customer_id,
            returned_at=record.at, amount=record.amount, lines=_lines_of(record), event_id=record.event_id,
        )  # fmt: skip


class CancellationRead(Read):
    id: UUID
    order_id: UUID
    customer_id: UUID
    cancelled_at: datetime
    reason: str | None
    amount: Amount
    lines: list[TakenBackLineRead]
    event_id: UUID

    @classmethod
    def of(cls, record: TakenBack) -> Self:
        return cls(
            id=record.id, order_id=record.order_id, customer_id=record.customer_id, cancelled_at=record.at,
            reason=record.reason, amount=record.amount, lines=_lines_of(record), event_id=record.event_id,
        )  # fmt: skip


def _lines_of(record: TakenBack) -> list[TakenBackLineRead]:
    return [TakenBackLineRead.model_validate(line) for line in record.lines]
