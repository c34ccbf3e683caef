"""Who is known, in which tier, and of which region."""

from sqlalchemy import Column, Integer, Table, Text, Uuid

from services.complaint_svc.core.tables import Timestamp, metadata

customer = Table(  # who is known, as profile or tiering announced it; whoever reads or changes its tiers locks this row
    "customer",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("recorded_at", Timestamp, nullable=False),
    Column("region", Text),  # as its file says it last
)

tier_copy = Table(  # the periods in force, as the tails of TierChanged left them
    "tier_copy",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("effective_from", Timestamp, primary_key=True),
    Column("tier", Text, nullable=False),
    Column("rank", Integer, nullable=False),
)
