"""Settlements of cases nobody was identified in yet."""

from sqlalchemy import BigInteger, Column, Table, Uuid

from services.loyalty_svc.core.tables import Timestamp, metadata

anonymous_case = (
    Table(  # one row a case without a customer, made by whichever fact comes first; its row lock is the case's lock
        "anonymous_case",
        metadata,
        Column("case_id", Uuid, primary_key=True),
        Column("customer_id", Uuid),  # null: nobody identified yet
    )
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
