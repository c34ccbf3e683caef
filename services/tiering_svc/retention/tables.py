"""What winning and keeping customers costs, and runs of expected lifetime value with their results (T13)."""

from sqlalchemy import Column, Date, Integer, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.tiering_svc.core.tables import Money, Timestamp, metadata

retention_cost = Table(  # the last entry of a month, purpose and channel counts; the others are how it was known before
    "retention_cost",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("month", Date, nullable=False),
    Column("purpose", Text, nullable=False),  # win, keep
    Column("channel", Text, nullable=False),
    Column("amount", Money, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
)

lifetime_value_run = Table(  # what it values by, and the parameters it found; its job says how far it is
    "lifetime_value_run",
    metadata,
    Column("run_id", Uuid, primary_key=True),  # the job's
    Column("as_of", Timestamp, nullable=False),
    Column("known_at", Timestamp, nullable=False),
    Column("horizon_months", Integer, nullable=False),
    Column("discount_rate", Numeric(9, 4), nullable=False),
    Column("parameters", JSONB),
    Column("revenue", Numeric(24, 4), nullable=False),  # of those valued so far, together
)

lifetime_value = Table(
    "lifetime_value",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("frequency", Integer, nullable=False),
    Column("recency_days", Integer, nullable=False),
    Column("age_days", Integer, nullable=False),
    Column("mean_value", Money),
    Column("margin_rate", Money),
    Column("chance_alive", Numeric(9, 4)),
    Column("expected_orders", Money),
    Column("expected_value", Money),
    Column("revenue", Money),
    Column("margin", Money),
)
