"""Extensions of the time in which points can be used."""

from sqlalchemy import Column, Table, Text, Uuid

from services.loyalty_svc.core.tables import Timestamp, metadata

lot_extension = Table(  # who let points live longer, and why
    "lot_extension",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("lot_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("expired_at", Timestamp, nullable=False),  # when it would have ended
    Column("expires_at", Timestamp, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
)
