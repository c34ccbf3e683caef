"""What orders earned, and the tiers by which they earn."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.loyalty_svc.core.tables import Timestamp, metadata

order_points = Table(  # one row an order: what it earned and why
    "order_points",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("placed_at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("programme", Integer, nullable=False),
    Column(
        "lines", JSONB, nullable=False
    ),  # [[line, category, amount, quantity(, reversed amount, reversed quantity)], …]
    Column("posted", BigInteger, nullable=False),
    Column("lots", ARRAY(Uuid), nullable=False),
    Column("reversed_by", ARRAY(Uuid), nullable=False),
)

tier_copy = Table(  # the periods in force, as the tails of TierChanged left them
    "tier_copy",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("effective_from", Timestamp, primary_key=True),
    Column("tier", Text, nullable=False),
)
