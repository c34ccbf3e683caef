"""Monthly assessments of account managers and service centres (T15)."""

from sqlalchemy import Column, Date, Integer, Table, Text, Uuid
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
