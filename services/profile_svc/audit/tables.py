"""The trail of who saw or changed which file, and the seals over it."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, LargeBinary, Table, Text, Uuid

from services.profile_svc.core.tables import Timestamp, metadata

file_access = Table(  # every read and write of a file (P13); plain rows, chained by a sealer in batches
    "file_access",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", Timestamp, nullable=False),
    Column("actor", Text, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("action", Text, nullable=False),
)
file_access_seal = Table(  # a chain: each digest is over the one before it, and over the lines up to `last_id`
    "file_access_seal",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("last_id", BigInteger, nullable=False, unique=True),
    Column("lines", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("sealed_at", Timestamp, nullable=False),
    CheckConstraint("number > 0", name="file_access_seal_number"),
    CheckConstraint("lines > 0", name="file_access_seal_lines"),
)
