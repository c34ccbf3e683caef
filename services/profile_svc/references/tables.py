"""Which sources have a reference of which customer. The references themselves are kept by the gateway's registry."""

from sqlalchemy import Column, ForeignKey, Table, Text

from services.profile_svc.core.tables import Timestamp, metadata

customer_source = Table(  # who may see the customer (G1): a partner's source, or one of the company's own
    "customer_source",
    metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="cascade"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("recorded_at", Timestamp, nullable=False),
)
