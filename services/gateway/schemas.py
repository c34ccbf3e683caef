"""HTTP shapes of the gateway. An order's is read in one go by pydantic's core, because intake is a hot path."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, GetCoreSchemaHandler, ValidationError, WithJsonSchema, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from services.gateway.domain.orders import Order, Receipt, ReportedOrder
from services.gateway.domain.partners import Partner, PartnerKey
from services.gateway.domain.references import Address, Reporter
from services.gateway.domain.returns import Delivery, LineWanted, TakenBack
from services.gateway.handlers.orders import OrderStory
from shared.chassis import Amount, Code, Day, Id, Instant, Name, Read, Shape
from shared.events import OrderLine

WHOLE_NUMBER = 1_000_000


class _AmountText:
    """`chassis.Amount` without Python in its way: a decimal in text, at most four decimals, not negative."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(strict=True, pattern=r"^[0-9]{1,14}(\.[0-9]{1,4})?$")
        return core_schema.custom_error_schema(
            core_schema.chain_schema([text, core_schema.decimal_schema(strict=False)]),
            custom_error_type="amount",
            custom_error_message='must be a decimal in text with at most four decimals, not negative, like "12.50"',
        )


class _InstantText:
    """`chassis.Instant` without Python in its way."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})$"
        text = core_schema.str_schema(strict=True, pattern=pattern)
        instant = core_schema.datetime_schema(strict=False, tz_constraint="aware")
        return core_schema.custom_error_schema(
            core_schema.chain_schema([text, instant]),
            custom_error_type="instant",
            custom_error_message="must be an ISO 8601 instant with an offset, like 2026-03-01T09:30:00Z",
        )


AmountText = Annotated[
    Decimal,
    _AmountText,
    WithJsonSchema(
        {"type": "string", "format": "decimal", "examples": ["12.50"], "pattern": r"^\d{1,14}(\.\d{1,4})?$"}
    ),
]
InstantText = Annotated[datetime, _InstantText, WithJsonSchema({"type": "string", "format": "date-time"})]


class CustomerAddress(Shape):
    """Patron's `id`, or a `source` and its `ref`. For a partner the source may only be its own (its code will do)."""

    id: Id | None = None
    source: Code | None = None
    ref: Code | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.id is None) == (self.ref is None) or (self.id is not None and self.source is not None):
            raise PydanticCustomError("customer_address", "Give either id, or source and ref")
        return self

    def address(self, source: str) -> Address:
        """`source` is the registered source behind the name in the body."""
        return Address(customer_id=self.id) if self.id is not None else Address(source=source, ref=self.ref)


class ReferenceCreate(Shape):
    """What an outside source calls a customer."""

    source: Code | None = None
    ref: Code

    @classmethod
    def read(cls, said: object) -> Self:
        try:
            return cls.model_validate(said)
        except ValidationError as error:
            found = [{**one, "loc": ("body", "reference", *one["loc"])} for one in error.errors(include_url=False)]
            raise RequestValidationError(found) from None


class OrderLineCreate(OrderLine):
    """`amount` is the exact total of the line after discount."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    line: Annotated[int, Field(ge=1, le=WHOLE_NUMBER)]
    quantity: Annotated[int, Field(ge=1, le=WHOLE_NUMBER)]
    amount: AmountText
    unit_cost: AmountText | None = None
    discount: AmountText | None = None


class OrderCreate(Shape):
    order_id: Code
    customer: CustomerAddress
    placed_at: InstantText
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    channel: Code
    lines: tuple[OrderLineCreate, ...]

    def reported(self, reporter: Reporter, source: str) -> ReportedOrder:
        return ReportedOrder(
            reporter=reporter,
            source=source,
            order_ref=self.order_id,
            customer=self.customer.address(source),
            placed_at=self.placed_at,
            currency=self.currency,
            channel=self.channel,
            lines=self.lines,
        )


class OrderAccepted(Read):
    """The answer to an order, and to the same order again."""

    id: UUID
    order_id: str
    customer_id: UUID
    event_id: UUID

    @staticmethod
    def members(receipt: Receipt) -> dict[str, Any]:
        """For the hot path, which writes the answer without a model. (asyncpg's UUIDs are a class of their own.)"""
        return {
            "id": str(receipt.id),
            "order_id": receipt.order_ref,
            "customer_id": str(receipt.customer_id),
            "event_id": str(receipt.event_id),
        }


class ReturnLineCreate(Shape):
    line: Annotated[int, Field(ge=1, le=WHOLE_NUMBER)]
    quantity: Annotated[int, Field(ge=1, le=WHOLE_NUMBER)]


class ReturnCreate(Shape):
    return_id: Code
    returned_at: Instant
    lines: Annotated[list[ReturnLineCreate], Field(max_length=500)]

    def wanted(self) -> list[LineWanted]:
        return [LineWanted(line.line, line.quantity) for line in self.lines]


class CancellationCreate(Shape):
    cancelled_at: Instant
    reason: Code | None = None


class DeliveryCreate(Shape):
    delivery_id: Code
    delivered_at: Instant


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


class DeliveryRead(Read):
    id: UUID
    delivery_id: str
    order_id: UUID
    customer_id: UUID
    delivered_at: datetime
    event_id: UUID

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            id=delivery.id, delivery_id=delivery.ref, order_id=delivery.order_id, customer_id=delivery.customer_id,
            delivered_at=delivery.delivered_at, event_id=delivery.event_id,
        )  # fmt: skip


class OrderLineRead(Read):
    line: int
    sku: str
    category: str
    quantity: int
    amount: Amount
    unit_cost: Amount | None
    discount: Amount | None


class OrderSummaryRead(Read):
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
    def of(cls, order: Order) -> Self:
        return cls.model_validate(_members(order))


class OrderRead(OrderSummaryRead):
    """An order and what became of it."""

    returns: list[ReturnRead]
    cancellation: CancellationRead | None
    deliveries: list[DeliveryRead]

    @classmethod
    def telling(cls, story: OrderStory) -> Self:
        returns = [ReturnRead.of(record) for record in story.taken_back if record.kind == "return"]
        cancelled = [CancellationRead.of(record) for record in story.taken_back if record.kind == "cancellation"]
        deliveries = [DeliveryRead.of(delivery) for delivery in story.deliveries]
        return cls.model_validate(
            _members(story.order)
            | {"returns": returns, "cancellation": next(iter(cancelled), None), "deliveries": deliveries}
        )


class ReceivableCreate(Shape):
    receivable_id: Code
    customer: CustomerAddress
    order: Code | None = Field(default=None, description="Patron's id of the order, or the source's own")
    amount: Amount
    issued_on: Day
    due_on: Day


class ReceivableRead(Read):
    id: UUID
    receivable_id: str
    customer_id: UUID
    order_id: UUID | None
    amount: Amount
    issued_on: date
    due_on: date
    event_id: UUID


class PaymentCreate(Shape):
    payment_id: Code
    receivable: Code = Field(description="Patron's id of the receivable, or the source's own")
    amount: Amount
    paid_at: Instant


class PaymentRead(Read):
    id: UUID
    payment_id: str
    receivable_id: UUID
    customer_id: UUID
    amount: Amount
    outstanding: Amount
    paid_at: datetime
    event_id: UUID


class PartnerCreate(Shape):
    code: Code
    name: Name


class PartnerRead(Read):
    id: UUID
    code: str
    name: str
    source: str
    created_at: datetime

    @classmethod
    def of(cls, partner: Partner) -> Self:
        return cls.model_validate(partner)


class KeyRead(Read):
    id: UUID
    partner_id: UUID
    created_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: PartnerKey) -> Self:
        return cls.model_validate(key)


class KeyIssued(KeyRead):
    secret: str = Field(description="Shown this once; send it as Authorization: Bearer …")


class DevTokenCreate(Shape):
    role: Literal["agent", "manager", "head", "analyst", "partner", "admin", "auditor"]
    partner_id: Id | None = None
    subject: Code | None = None


class TokenRead(Read):
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int


def _lines_of(record: TakenBack) -> list[TakenBackLineRead]:
    return [TakenBackLineRead.model_validate(line) for line in record.lines]


def _members(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "order_id": order.order_ref,
        "source": order.source,
        "customer_id": order.customer_id,
        "placed_at": order.placed_at,
        "currency": order.currency,
        "channel": order.channel,
        "amount": order.amount,
        "lines": [OrderLineRead.model_validate(line) for line in order.lines],
        "event_id": order.event_id,
        "recorded_at": order.recorded_at,
    }
