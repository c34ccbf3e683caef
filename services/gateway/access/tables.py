"""The tables of partners' keys, of tokens that were ended, and of who signs in as which employee."""

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text, Uuid

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

employee_sign_in = Table(  # what employees sign in with (P5); the rest of them is in `employee_copy`
    "employee_sign_in",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("subject_digest", Text),  # SHA-256 of the subject, in hexadecimal; null: they do not sign in
    Column("recorded_at", Timestamp, nullable=False, index=True),
)
