"""What a person set for one customer (T10): a tier until a date, or that the tier is kept until a date."""

from sqlalchemy import Column, Integer, Table, Text, Uuid

from services.tiering_svc.core.tables import Timestamp, metadata

tier_privilege = Table(
    "tier_privilege",
    metadata,
    Column("privilege_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("starts_at", Timestamp, nullable=False),
    Column("until", Timestamp, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Timestamp, nullable=False),
    Column("ended_at", Timestamp),
    Column("ended_by", Text),  # null: it ended by itself
    Column("ended_because", Text),
    Column("policy_id", Uuid),  # of an override: the policy whose level it is
    Column("policy_version", Integer),
)
