"""The table of partners."""

from sqlalchemy import Column, Table, Text, Uuid

from services.gateway.core.tables import Timestamp, metadata

partner = Table(
    "partner",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("created_at", Timestamp, nullable=False),
)
