"""Adjustments by hand, and who decided about them."""

from sqlalchemy import BigInteger, Column, Table, Text, Uuid

from services.loyalty_svc.core.tables import Timestamp, metadata

adjustment = Table(
    "adjustment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Timestamp, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Timestamp),
    Column("entry_id", Uuid),
)
