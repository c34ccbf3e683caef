"""Copies, from events: since when customers have a file (P1). Their teams and sources are `shared.people`'s."""

from sqlalchemy import Column, Table, Uuid

from services.tiering_svc.core.tables import Timestamp, metadata

customer_file = Table(  # since when a customer has a file: prospects have one before they buy (P1)
    "customer_file",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("opened_at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
)
