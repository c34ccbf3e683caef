"""Back-tests: a policy replayed over past month-ends (T9)."""

from sqlalchemy import Column, Date, Integer, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.tiering_svc.core.tables import Timestamp, metadata
from services.tiering_svc.reviews.tables.evaluations import Total

back_test = Table(  # what is replayed; its job says how far it is
    "back_test",
    metadata,
    Column("back_test_id", Uuid, primary_key=True),  # the job's
    Column("policy_id", Uuid, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("first_month", Date, nullable=False),
    Column("last_month", Date, nullable=False),
    Column("known", Text, nullable=False),  # then: at each month's end; now: at known_at
    Column("known_at", Timestamp, nullable=False),
    Column("cutoffs", JSONB),  # T5: by month
    Column("populations", JSONB),  # by month, whom shares of customers were counted of
    Column("costs", JSONB),  # what a year in a tier costs, as the asker says
)

back_test_value = Table(
    "back_test_value",
    metadata,
    Column("back_test_id", Uuid, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("after", Text, primary_key=True),
    Column("measured", ARRAY(Numeric), nullable=False),
)

back_test_cell = Table(  # who went from where to where at a month's end, those who stay included
    "back_test_cell",
    metadata,
    Column("back_test_id", Uuid, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("from_tier", Text, primary_key=True),
    Column("to_tier", Text, primary_key=True),
    Column("customers", Integer, nullable=False),
    Column("revenue", Total, nullable=False),
    Column("profit", Total),
    Column("profit_known_for", Total, nullable=False),
    Column("moved_back", Integer, nullable=False),  # of these, within three months
)

back_test_mover = Table(
    "back_test_mover",
    metadata,
    Column("back_test_id", Uuid, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("outcome", Text, primary_key=True),  # orders may have placed and raised it before the review did anything
    Column("from_tier", Text),
    Column("to_tier", Text, nullable=False),
    Column("moved_back_in", Date),
)
