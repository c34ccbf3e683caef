"""What customers said about being written and called to."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text, Uuid, text

from services.profile_svc.core.tables import Timestamp, metadata

consent = Table(  # statements, which stay; the last one that covers a purpose and a channel holds (P13)
    "consent",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", ForeignKey("customer.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("origin", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("contact_id", Uuid),  # who said so: whom a case names, by the case's id; null: the customer itself
    Index("consent_customer", "customer_id", "changed_at"),
    Index("consent_contact", "contact_id", "changed_at", postgresql_where=text("contact_id is not null")),
)
