"""The table of partners' keys."""

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Uuid

from services.gateway.core.tables import Timestamp, metadata

partner_key = Table(  # the secret itself is nowhere: shown once, kept as a digest
    "partner_key",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("partner_id", Uuid, ForeignKey("partner.id"), nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("revoked_at", Timestamp),
)
