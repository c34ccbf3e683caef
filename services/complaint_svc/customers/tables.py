"""Who is known, in which tier, and which sources know them."""

from sqlalchemy import Column, Integer, Table, Text, Uuid

from services.complaint_svc.core.tables import Timestamp, metadata

customer = Table(  # who is known, as profile or tiering announced it; whoever reads or changes its tiers locks this row
    "customer",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("recorded_at", Timestamp, nullable=False),
)

tier_copy = Table(  # the periods in force, as the tails of TierChanged left them
    "tier_copy",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("effective_from", Timestamp, primary_key=True),
    Column("tier", Text, nullable=False),
    Column("rank", Integer, nullable=False),
)

customer_source = Table(  # who may see the customer (G1): a partner that has a reference of it
    "customer_source",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("source", Text, primary_key=True),
)
