"""Which sources have a reference of which customer, as the gateway announced it."""

from sqlalchemy import Column, Table, Text, Uuid

from services.loyalty_svc.core.tables import metadata

customer_source = Table(  # who may see the customer (G1): a partner's source, or one of the company's own
    "customer_source",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("source", Text, primary_key=True),
)
