"""Review runs and simulations, and who moved in them (T9, T10)."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.tiering_svc.core.tables import Timestamp, metadata

Total = Numeric(24, 4)

evaluation_run = Table(  # a review or a simulation: what it decides by, and what came of it; its job says how far it is
    "evaluation_run",
    metadata,
    Column("run_id", Uuid, primary_key=True),  # the job's
    Column("as_of", Timestamp, nullable=False),
    Column("known_at", Timestamp),  # what was known then decides; set when it begins, unless requested
    Column("apply", Boolean, nullable=False),
    Column("simulated_because", Text),
    Column("policy_id", Uuid, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("policy_requested", Boolean, nullable=False),  # else by the policy in force when it begins
    Column("costs", JSONB),  # what a year in a tier costs, as the asker says
    Column("cutoffs", JSONB),  # ABC: where each class began among the customers of that day
    Column("population", JSONB),  # T5: whom shares of customers were counted of, and how many they were
    Column("outcomes", JSONB, nullable=False),
    Column("applied", JSONB, nullable=False),  # of the outcomes, those that took effect
    Column("result", Text),  # applied, simulated; null until it has come to its end
    Column("decided_at", Timestamp),  # when it did
    Column("applying_since", Timestamp),  # since when it takes effect, customer by customer; null: it only simulates
)

evaluation_head = Table(  # how far intake's streams were when the run was requested, where tiering is not there yet
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
