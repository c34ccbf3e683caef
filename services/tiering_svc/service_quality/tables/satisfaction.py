"""Answers about expectation and experience (T16)."""

from sqlalchemy import Column, Date, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.tiering_svc.core.tables import ScoreNumber, Timestamp, metadata

satisfaction_answer = Table(  # one filled-in questionnaire, with the index computed when it came
    "satisfaction_answer",
    metadata,
    Column("answer_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("index_version", Integer, nullable=False),
    Column("answered_at", Timestamp, nullable=False),
    Column("month", Date, nullable=False),
    Column("items", JSONB, nullable=False),  # {code: [expectation, experience]}, decimals in text
    Column("questions", JSONB, nullable=False),  # {code: decimal in text}: what was asked beside the index
    Column("expectation", ScoreNumber, nullable=False),
    Column("experience", ScoreNumber, nullable=False),
    Column("satisfaction", ScoreNumber, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
)
