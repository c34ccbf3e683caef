"""Key accounts, excluded customers, risk flags, and the rules for them as data in versions (T8)."""

from sqlalchemy import Column, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE

from services.tiering_svc.core.tables import Timestamp, metadata

nomination = Table(  # proposed by one person, decided by another; one open a customer and class
    "nomination",
    metadata,
    Column("nomination_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("class", Text, nullable=False),  # key, excluded
    Column("kinds", ARRAY(Text), nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),  # what the nominator says
    Column("figures", JSONB, nullable=False),  # what the system found at that instant
    Column("status", Text, nullable=False),
    Column("nominated_by", Text, nullable=False),
    Column("nominated_at", Timestamp, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Timestamp),
    Column("note", Text),
    Column("override_reason", Text),
    Column("findings", JSONB),  # what the system found when it was decided
)

account_class = Table(  # an approved nomination's time; a customer is in one class at a time
    "account_class",
    metadata,
    Column("class_id", Uuid, primary_key=True),  # the nomination's
    Column("customer_id", Uuid, nullable=False),
    Column("class", Text, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("effective", TSTZRANGE, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("ended_by", Text),
    Column("ended_at", Timestamp),
    Column("end_cause", Text),
    Column("end_reason", Text),
    Column("risks_checked_at", Timestamp),
)

risk_flag = Table(
    "risk_flag",
    metadata,
    Column("flag_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("risk", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("rule", Text),
    Column("reason", Text),
    Column("evidence", JSONB, nullable=False),
    Column("raised_by", Text, nullable=False),
    Column("raised_at", Timestamp, nullable=False),
    Column("until", Timestamp),
    Column("cleared_at", Timestamp),
    Column("cleared_by", Text),
    Column("clear_cause", Text),
    Column("clear_reason", Text),
)
