"""Tier policies, versioned (T9)."""

from sqlalchemy import Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.tiering_svc.tables.base import Moment, metadata

tier_policy = Table(  # T9: data, versioned; one is active
    "tier_policy",
    metadata,
    Column("policy_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", JSONB, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("activated_by", Text),
    Column("activated_at", Moment),
    Column("retired_at", Moment),
)
