"""Money owed and money paid."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, LargeBinary, Table, Text, UniqueConstraint, Uuid

from services.gateway.core.tables import Money, Timestamp, metadata

receivable = Table(
    "receivable",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("customer_id", Uuid, nullable=False, index=True),
    Column("order_id", Uuid, ForeignKey("customer_order.id")),
    Column("amount", Money, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    UniqueConstraint("source", "ref", name="receivable_once"),
    CheckConstraint("amount > 0", name="receivable_amount"),
)
payment = Table(
    "payment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("receivable_id", Uuid, ForeignKey("receivable.id"), nullable=False, index=True),
    Column("customer_id", Uuid, nullable=False),
    Column("amount", Money, nullable=False),
    Column("outstanding", Money, nullable=False),
    Column("paid_at", Timestamp, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    UniqueConstraint("source", "ref", name="payment_once"),
    CheckConstraint("amount > 0 and outstanding >= 0", name="payment_amount"),
)
