"""Telephone calls as the exchange reports them."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text

from services.profile_svc.core.tables import Timestamp, metadata

call = Table(  # telephone calls as the exchange reports them (G4)
    "call",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("number", Text, nullable=False),
    Column("customer_id", ForeignKey("customer.id", ondelete="set null")),
    Column("agent", Text),
    Column("ringing_at", Timestamp),
    Column("answered_at", Timestamp),
    Column("ended_at", Timestamp),
    Column("recorded_at", Timestamp, nullable=False),
    CheckConstraint("answered_at >= ringing_at", name="call_answered"),
    CheckConstraint("ended_at >= ringing_at and ended_at >= answered_at", name="call_ended"),
    Index("call_ringing", "ringing_at"),
    Index("call_customer", "customer_id"),
    Index("call_number", "number"),
)
