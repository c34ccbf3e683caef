"""Monthly assessments of account managers and service centres (T15)."""

from sqlalchemy import Boolean, Column, Date, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.tiering_svc.core.tables import ScoreNumber, Timestamp, metadata

assessment = Table(  # one that stands for each month and subject; made anew, the one before is superseded and stays
    "assessment",
    metadata,
    Column("assessment_id", Uuid, primary_key=True),
    Column("month", Date, nullable=False),
    Column("of", Text, nullable=False),  # manager, centre
    Column("subject", Text, nullable=False),  # the employee's id, the centre's code
    Column("as_of", Timestamp, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("score", ScoreNumber, nullable=False),
    Column("customers", Integer, nullable=False),
    Column("reasons", JSONB, nullable=False),  # every rule with what it saw and did
    Column("made_by", Text, nullable=False),
    Column("made_at", Timestamp, nullable=False),
    Column("superseded_at", Timestamp),
)

missed_deadline = Table(  # of which case; the customer is the case's
    "missed_deadline",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("due_at", Timestamp, primary_key=True),
    Column("breached_at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
)

submission = Table(  # something to be handed in; the last entry of each counts, the others are how it was known before
    "submission",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("submission_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("of", Text, nullable=False),  # manager, centre
    Column("subject", Text, nullable=False),
    Column("due_at", Timestamp, nullable=False),
    Column("received_at", Timestamp),
    Column("wrong", Boolean, nullable=False),
    Column("note", Text),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
)

spot_check = Table(  # what a checker found of a customer's file or equipment; entries as those of submissions
    "spot_check",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("check_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("about", Text, nullable=False),  # file, equipment
    Column("finding", Text, nullable=False),  # passed, wrong, not_recorded
    Column("checked_at", Timestamp, nullable=False),
    Column("note", Text),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
)
