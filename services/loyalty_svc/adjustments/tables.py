"""What people gave and took by hand, and who decided about it."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from services.loyalty_svc.core.tables import Timestamp, metadata

adjustment = Table(
    "adjustment",
    metadata,
    Column("id", Uuid, primary_key=True),  # of a settlement: the resolution
    Column("customer_id", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Timestamp, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Timestamp),
    Column("entry_id", Uuid),
    Column("kind", Text, nullable=False),
    Column("to_customer", Uuid),
    Column("case_id", Uuid),
    Column("occurred_at", Timestamp),
    Column("requester_id", Uuid, nullable=False),
    Column("counted_on", Date, nullable=False),
    Column("alone", Boolean, nullable=False),  # posted without another person's approval: it counts against limits
    Column("limits_reached", ARRAY(Text), nullable=False),
    Column("case_step", Integer),  # of a settlement: how far its case had come
)

settlement_move = Table(  # immutable: a settlement of a case went to whom the case turned out to be of
    "settlement_move",
    metadata,
    Column("resolution_id", Uuid, primary_key=True),
    Column("step", Integer, primary_key=True),  # of the case's history: the identification that moved it
    Column("case_id", Uuid, nullable=False),
    Column("from_customer", Uuid, nullable=False),
    Column("to_customer", Uuid, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("withdrawn_by", Uuid),  # the two entries; null where it was not granted yet
    Column("granted_by", Uuid),
    Column("moved_at", Timestamp, nullable=False),
)
