"""What the outside calls customers."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from services.profile_svc.core.tables import Timestamp, metadata

customer_reference = Table(  # what the outside calls the customer; a source's reference names one customer
    "customer_reference",
    metadata,
    Column("source", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("customer_id", ForeignKey("customer.id", ondelete="cascade"), nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Index("customer_reference_customer", "customer_id", "source"),
    Index("customer_reference_ref", "ref"),
)
