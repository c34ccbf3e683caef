"""What a company holds itself to, as data in versions: the satisfaction index, revenue targets, assessment rules."""

from sqlalchemy import Column, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from services.tiering_svc.tables.base import Moment, metadata

standard = Table(  # the newest version is in force
    "standard",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)
