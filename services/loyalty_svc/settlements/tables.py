"""Whose cases are, and settlements of those that nobody was identified in yet."""

from sqlalchemy import BigInteger, Column, Integer, Table, Uuid

from services.loyalty_svc.core.tables import Timestamp, metadata

case_owner = Table(  # one row a case that granted points or was identified; its row lock is the case's lock
    "case_owner",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("customer_id", Uuid),  # whom it was identified as; null: nobody was, by what was heard
    Column("step", Integer, nullable=False, server_default="-1"),  # of the case's history: the latest identification
)

unassigned_settlement = Table(  # points of a resolution that named no customer
    "unassigned_settlement",
    metadata,
    Column("resolution_id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("resolved_at", Timestamp, nullable=False),
    Column("granted_by", Uuid),  # the person that proposed it, an opaque id
    Column("approved_by", Uuid),  # the other person that approved it, where one did
)
