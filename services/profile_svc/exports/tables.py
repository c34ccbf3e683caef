"""Exports: one row each, beside its job, which has the same id."""

from sqlalchemy import Column, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.profile_svc.core.tables import Timestamp, metadata

customer_export = Table(
    "customer_export",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("file_id", Uuid, nullable=False),
    Column("owner", Text, nullable=False),  # the client who asked for it
    Column("layout", JSONB),  # format, encoding, delimiter, fields, filters
    Column("created_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
    Index("customer_export_newest", "created_at", "id"),
    Index("customer_export_expires", "expires_at"),
)
