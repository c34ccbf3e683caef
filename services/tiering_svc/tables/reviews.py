"""Review runs, and who moved in them (T10)."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.tiering_svc.tables.base import Moment, metadata

evaluation_run = Table(  # a review: how far it is, and what came of it
    "evaluation_run",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("as_of", Moment, nullable=False),
    Column("apply", Boolean, nullable=False),
    Column("simulated_because", Text),
    Column("status", Text, nullable=False),
    Column("policy_id", Uuid, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("heads_after", Text, nullable=False),  # how far intake's heads have been collected
    Column("cutoffs", JSONB),  # ABC: where each class began among the customers of that day
    Column("cursor", Uuid),  # the last customer that has been decided
    Column("customers", Integer, nullable=False),
    Column("outcomes", JSONB, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
)

evaluation_head = Table(  # where intake's streams stood when the review was asked for, and we were not there yet
    "evaluation_head",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

evaluation_mover = Table(
    "evaluation_mover",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("from_tier", Text),
    Column("to_tier", Text, nullable=False),
    Column("graded", Text, nullable=False),
)
