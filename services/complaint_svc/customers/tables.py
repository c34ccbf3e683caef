"""Who is known, in which tier, and which sources know them."""

from sqlalchemy import Column, Integer, Table, Text, Uuid

from services.complaint_svc.core.tables import Timestamp, metadata

tier_copy = Table(  # who is known, and in which tier, as profile and tiering announced it
    "tier_copy",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("tier", Text),
    Column("rank", Integer),
    Column("effective_from", Timestamp),
    Column("recorded_at", Timestamp, nullable=False),
)

customer_source = Table(  # who may see the customer (G1): a partner that has a reference of it
    "customer_source",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("source", Text, primary_key=True),
)
