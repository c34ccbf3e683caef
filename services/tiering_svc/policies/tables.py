"""Tier policies, versioned, and their way into force (T9)."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.tiering_svc.core.tables import Timestamp, metadata

tier_policy = Table(  # T9: data, versioned; one is active. A trigger holds that a version is never changed
    "tier_policy",
    metadata,
    Column("policy_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", JSONB, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("activated_by", Text),
    Column("activated_at", Timestamp),
    Column("retired_at", Timestamp),
    Column("approved_by", Text),
    Column("approved_at", Timestamp),
)

tier_policy_step = Table(  # who put a version into which state, and when
    "tier_policy_step",
    metadata,
    Column("step_id", BigInteger, primary_key=True),
    Column("policy_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("at", Timestamp, nullable=False),
    Column("by", Text, nullable=False),
)
