"""Orders and what became of them: what was taken back, and deliveries."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.gateway.core.tables import Money, Timestamp, metadata

customer_order = Table(  # one row an order, never changed; its lines are in it
    "customer_order",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("order_ref", Text, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("placed_at", Timestamp, nullable=False),
    Column("currency", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("amount", Money, nullable=False),
    Column("lines", Text, nullable=False),  # JSON, the same text as in the event
    Column("fingerprint", LargeBinary, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    UniqueConstraint("source", "order_ref", name="customer_order_once"),
    CheckConstraint("amount >= 0", name="customer_order_amount"),
    Index("customer_order_of_customer", "customer_id", "placed_at", "id"),
)
reversal = Table(  # returns, and the cancellation of what is left
    "reversal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("order_id", Uuid, ForeignKey("customer_order.id"), nullable=False, index=True),
    Column("customer_id", Uuid, nullable=False),
    Column("at", Timestamp, nullable=False),
    Column("reason", Text),
    Column("amount", Money, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    UniqueConstraint("kind", "source", "ref", name="reversal_once"),
    CheckConstraint("kind in ('return', 'cancellation')", name="reversal_kind"),
    CheckConstraint("amount >= 0", name="reversal_amount"),
)
delivery = Table(
    "delivery",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("order_id", Uuid, ForeignKey("customer_order.id"), nullable=False, index=True),
    Column("customer_id", Uuid, nullable=False),
    Column("delivered_at", Timestamp, nullable=False),
    Column("lines", JSONB, nullable=False),  # empty: the source did not say what arrived
    Column("fingerprint", LargeBinary, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    UniqueConstraint("source", "ref", name="delivery_once"),
)
