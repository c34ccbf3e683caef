"""HTTP shapes of returns and cancellations."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.gateway.intake.domain.reversals import ReturnedQuantity, Reversal
from services.gateway.intake.schemas.order_types import WholeNumber
from shared.chassis import Amount, AnnouncedCode, Code, Instant, Read, Shape


class ReturnLineCreate(Shape):
    """How many pieces of which line come back."""

    line: WholeNumber
    quantity: WholeNumber


class ReturnCreate(Shape):
    """A return of lines, under the source's own id."""

    return_id: Code
    returned_at: Instant
    lines: Annotated[list[ReturnLineCreate], Field(max_length=500)]

    def returned(self) -> list[ReturnedQuantity]:
        """The lines that come back, as the rules take them."""
        return [ReturnedQuantity(line.line, line.quantity) for line in self.lines]


class CancellationCreate(Shape):
    """The cancellation of what is left of an order."""

    cancelled_at: Instant
    reason: AnnouncedCode | None = None


class ReversedLineRead(Read):
    """What one line lost."""

    line: int
    category: str
    quantity: int
    amount: Amount


class ReturnRead(Read):
    """A recorded return."""

    id: UUID
    return_id: str
    order_id: UUID
    customer_id: UUID
    returned_at: datetime
    amount: Amount
    lines: list[ReversedLineRead]
    event_id: UUID

    @classmethod
    def of(cls, reversal: Reversal) -> Self:
        return cls(
            id=reversal.id, return_id=reversal.ref, order_id=reversal.order_id, customer_id=reversal.customer_id,
            returned_at=reversal.at, amount=reversal.amount, lines=_lines_of(reversal), event_id=reversal.event_id,
        )  # fmt: skip


class CancellationRead(Read):
    """The recorded cancellation of an order."""

    id: UUID
    order_id: UUID
    customer_id: UUID
    cancelled_at: datetime
    reason: str | None
    amount: Amount
    lines: list[ReversedLineRead]
    event_id: UUID

    @classmethod
    def of(cls, reversal: Reversal) -> Self:
        return cls(
            id=reversal.id, order_id=reversal.order_id, customer_id=reversal.customer_id, cancelled_at=reversal.at,
            reason=reversal.reason, amount=reversal.amount, lines=_lines_of(reversal), event_id=reversal.event_id,
        )  # fmt: skip


def _lines_of(reversal: Reversal) -> list[ReversedLineRead]:
    return [ReversedLineRead.model_validate(line) for line in reversal.lines]
