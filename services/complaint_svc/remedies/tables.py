"""What was proposed to settle a case, and how it was answered."""

from sqlalchemy import Boolean, Column, Integer, Table, Uuid

from services.complaint_svc.core.tables import Money, Timestamp, metadata

proposal = Table(
    "proposal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("amount", Money, nullable=False),
    Column("proposed_at", Timestamp, nullable=False),
    Column("answered_at", Timestamp),
    Column("accepted", Boolean),
)
