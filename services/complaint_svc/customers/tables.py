"""Who is known, and in which tier."""

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
