"""Exports that were asked for, and the parts of them that wait to be fetched."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, Uuid

from services.profile_svc.core.tables import Timestamp, metadata

person_export = Table(
    "person_export",
    metadata,
    Column("id", Uuid, primary_key=True),  # of the job
    Column("customer_id", Uuid, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
    Column("fetched_at", Timestamp),
    Index("person_export_of_customer", "customer_id"),
)
person_export_part = Table(
    "person_export_part",
    metadata,
    Column("export_id", ForeignKey("person_export.id", ondelete="cascade"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("service", Text, nullable=False),
    Column("content", Text, nullable=False),  # {"customer_id": …, "rows": {table: [row as JSON text]}}
)
