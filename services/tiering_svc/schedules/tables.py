"""What was requested by schedule: one row a kind of run and due instant, so that none is requested twice."""

from sqlalchemy import Column, Integer, Table, Text, Uuid

from services.tiering_svc.core.tables import Timestamp, metadata

scheduled_run = Table(
    "scheduled_run",
    metadata,
    Column("kind", Text, primary_key=True),  # review, warning_sweep, risk_sweep, assessment, lifetime_values
    Column("due_at", Timestamp, primary_key=True),
    Column("as_of", Timestamp),  # null: as of when it runs
    Column("schedule_version", Integer, nullable=False),  # of the schedules in force at the due instant
    Column("passed_over", Integer, nullable=False),  # due instants before it that nobody runs any more
    Column("requested_at", Timestamp, nullable=False),
    Column("job_id", Uuid),  # the run's job
    Column("refused", Text),  # or the code of why there is none
)
