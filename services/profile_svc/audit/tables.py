"""The trail of who saw or changed which file."""

from sqlalchemy import BigInteger, Column, Identity, Table, Text, Uuid

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
