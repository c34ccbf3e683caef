"""The tables the gateway owns: what was reported, partners and keys, the registry of outside references."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

Moment = DateTime(timezone=True)
Money = Numeric(18, 4)

partner = Table(
    "partner",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

partner_key = Table(  # the secret itself is nowhere: shown once, kept as a digest
    "partner_key",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("partner_id", Uuid, ForeignKey("partner.id"), nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

customer_reference = Table(  # the registry: ids from outside are unique per source (K17)
    "customer_reference",
    metadata,
    Column("source", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("registered_at", Moment),  # null: the id is only offered, to a file that profile has not accepted yet
    Index("customer_reference_of_customer", "customer_id", "source"),
)

known_customer = Table(  # every customer id that exists, so an unknown {id} can be refused without asking anybody
    "known_customer",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("known_at", Moment, nullable=False),
)

customer_order = Table(  # one row an order, never changed; its lines are in it
    "customer_order",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("order_ref", Text, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("currency", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("amount", Money, nullable=False),
    Column("lines", Text, nullable=False),  # JSON, the same text as in the event
    Column("fingerprint", LargeBinary, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    UniqueConstraint("source", "order_ref", name="customer_order_once"),
    CheckConstraint("amount >= 0", name="customer_order_amount"),
    Index("customer_order_of_customer", "customer_id", "placed_at", "id"),
)

take_back = Table(  # returns, and the cancellation of what is left
    "take_back",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("order_id", Uuid, ForeignKey("customer_order.id"), nullable=False, index=True),
    Column("customer_id", Uuid, nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", Text),
    Column("amount", Money, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    UniqueConstraint("kind", "source", "ref", name="take_back_once"),
    CheckConstraint("kind in ('return', 'cancellation')", name="take_back_kind"),
    CheckConstraint("amount >= 0", name="take_back_amount"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("order_id", Uuid, ForeignKey("customer_order.id"), nullable=False, index=True),
    Column("customer_id", Uuid, nullable=False),
    Column("delivered_at", Moment, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    UniqueConstraint("source", "ref", name="delivery_once"),
)

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
    Column("recorded_at", Moment, nullable=False),
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
    Column("paid_at", Moment, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    UniqueConstraint("source", "ref", name="payment_once"),
    CheckConstraint("amount > 0 and outstanding >= 0", name="payment_amount"),
)
