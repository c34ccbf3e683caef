"""The tables of partners' keys and of tokens that were ended."""

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

revoked_token = Table(  # by names that tell nothing (`domain/revoked_tokens.py`); gone once the token has expired
    "revoked_token",
    metadata,
    Column("name", LargeBinary, primary_key=True),
    Column("expires_at", Timestamp, nullable=False),
    Column("revoked_at", Timestamp, nullable=False, index=True),
)
