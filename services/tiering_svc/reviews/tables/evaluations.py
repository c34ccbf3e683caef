"""Review runs and simulations, and who moved in them (T9, T10)."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.tiering_svc.core.tables import Timestamp, metadata

Total = Numeric(24, 4)

evaluation_run = Table(  # a review or a simulation: how far it is, and what came of it
    "evaluation_run",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("as_of", Timestamp, nullable=False),
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
    Column("requested_at", Timestamp, nullable=False),
    Column("started_at", Timestamp),
    Column("finished_at", Timestamp),
    Column("kind", Text, nullable=False),
    Column("known_at", Timestamp),  # what was known then decides; set when it begins, unless asked for
    Column("policy_asked", Boolean, nullable=False),  # else by the policy in force when it begins
    Column("applied", JSONB, nullable=False),  # of the outcomes, those that took effect
    Column("costs", JSONB),  # what a year in a tier costs, as the asker says
    Column("expected", Integer),  # how many customers there are, roughly
    Column("cancelled_by", Text),
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
    Column("applied", Boolean, nullable=False),
)

evaluation_value = Table(  # T5: what everybody has, until the cut-offs are computed of it
    "evaluation_value",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("after", Text, primary_key=True),  # the customer before these
    Column("measured", ARRAY(Numeric), nullable=False),
)

evaluation_cell = Table(  # T9: from tier to tier, those who stay included; '' is no tier yet
    "evaluation_cell",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("from_tier", Text, primary_key=True),
    Column("to_tier", Text, primary_key=True),
    Column("customers", Integer, nullable=False),
    Column("revenue", Total, nullable=False),
    Column("profit", Total),
    Column("profit_known_for", Total, nullable=False),
)
