"""HTTP shapes of orders."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.core.domain import IntakeRules
from services.gateway.intake.domain.order_content import OrderContent, UnresolvedCustomer, normalize_order
from services.gateway.intake.domain.orders import Order
from services.gateway.intake.handlers.orders import OrderHistory
from services.gateway.intake.schemas.deliveries import DeliveryRead
from services.gateway.intake.schemas.order_types import AmountText, InstantText, WholeNumber
from services.gateway.intake.schemas.reversals import CancellationRead, ReturnRead
from services.gateway.references.schemas import CustomerAddress
from shared.chassis import Amount, AnnouncedCode, Code, Read, Shape
from shared.events import OrderLine


class OrderLineCreate(OrderLine):
    """`amount` is the exact total of the line after discount."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    line: WholeNumber
    sku: Code
    category: AnnouncedCode
    quantity: WholeNumber
    amount: AmountText
    unit_cost: AmountText | None = None
    discount: AmountText | None = None


# So many are read that it can be said how many there may be (`too_many_lines`), and no more.
OrderLines = Annotated[tuple[OrderLineCreate, ...], Field(max_length=1000, json_schema_extra={"maxItems": 500})]


class OrderCreate(Shape):
    """An order as a source reports it, under the source's own id."""

    order_id: Code
    customer: CustomerAddress
    placed_at: InstantText
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    channel: AnnouncedCode
    lines: OrderLines

    def content(self, rules: IntakeRules) -> OrderContent:
        """The order's content by the exact path, which says what is wrong with each part."""
        customer = UnresolvedCustomer(self.customer.id, self.customer.source, self.customer.ref)
        return normalize_order(self.order_id, customer, self.placed_at, self.currency, self.channel, self.lines, rules)


class OrderAccepted(Read):
    """The answer to an order, and to the same order again."""

    id: UUID
    order_id: str
    customer_id: UUID
    event_id: UUID


class OrderLineRead(Read):
    """A line of an order."""

    line: int
    sku: str
    category: str
    quantity: int
    amount: Amount
    unit_cost: Amount | None = Field(description="for manager, head, analyst, auditor and admin only, else null")
    discount: Amount | None


class OrderSummaryRead(Read):
    """An order as it was accepted."""

    id: UUID
    order_id: str
    source: str
    customer_id: UUID
    placed_at: datetime
    currency: str
    channel: str
    amount: Amount
    lines: list[OrderLineRead]
    event_id: UUID
    recorded_at: datetime

    @classmethod
    def of(cls, order: Order, *, shows_cost: bool) -> Self:
        return cls.model_validate(_members(order, shows_cost=shows_cost))


class OrderRead(OrderSummaryRead):
    """An order and what became of it."""

    returns: list[ReturnRead]
    cancellation: CancellationRead | None
    deliveries: list[DeliveryRead]

    @classmethod
    def of_history(cls, history: OrderHistory, *, shows_cost: bool) -> Self:
        """An order with what became of it."""
        returns = [ReturnRead.of(reversal) for reversal in history.reversals if reversal.kind == "return"]
        cancellations = [
            CancellationRead.of(reversal) for reversal in history.reversals if reversal.kind == "cancellation"
        ]
        deliveries = [DeliveryRead.of(delivery) for delivery in history.deliveries]
        return cls.model_validate(
            _members(history.order, shows_cost=shows_cost)
            | {"returns": returns, "cancellation": next(iter(cancellations), None), "deliveries": deliveries}
        )


def _members(order: Order, *, shows_cost: bool) -> dict[str, Any]:
    """An order as it is read; without `shows_cost` its unit costs are left empty: they are not for every audience."""
    hidden = {} if shows_cost else {"unit_cost": None}
    return {
        "id": order.id,
        "order_id": order.order_ref,
        "source": order.source,
        "customer_id": order.customer_id,
        "placed_at": order.placed_at,
        "currency": order.currency,
        "channel": order.channel,
        "amount": order.amount,
        "lines": [OrderLineRead.model_validate(line.model_copy(update=hidden)) for line in order.lines],
        "event_id": order.event_id,
        "recorded_at": order.recorded_at,
    }
