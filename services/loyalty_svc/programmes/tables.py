"""The versions of the programme."""

from sqlalchemy import Column, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from services.loyalty_svc.core.tables import Timestamp, metadata

programme = Table(
    "programme",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("effective_from", Timestamp),  # null: since ever
    Column("terms", JSONB, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("created_by", Text, nullable=False),
)
