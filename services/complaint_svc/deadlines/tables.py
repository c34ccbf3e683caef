"""Deadlines of cases."""

from sqlalchemy import Column, Integer, Interval, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from services.complaint_svc.core.tables import Timestamp, metadata

deadline = Table(  # one row a case, round and stage; `remaining` is working time as of `running_since`
    "deadline",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("tier", Text),
    Column("allowance", Interval, nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("remaining", Interval, nullable=False),
    Column("running_since", Timestamp),
    Column("warn_at", Timestamp, nullable=False),
    Column("due_at", Timestamp, nullable=False),
    Column("deadline_rules_version", Integer, nullable=False),  # that gave the allowance
    Column("calendar_rules_version", Integer, nullable=False),  # by which the due date was counted
    Column("escalate_at", Timestamp),
    Column("warned_at", Timestamp),
    Column("breached_at", Timestamp),
    Column("done_late_at", Timestamp),
    Column("met_at", Timestamp),
    Column("cancelled_at", Timestamp),
    Column("generation", Integer, nullable=False),
    Column("region", Text),  # by whose hours it is counted, with `tier`
    Column("pauses", ARRAY(Timestamp), nullable=False, server_default="{}"),  # from, to, from, to …; open while paused
    Column(
        "other_tiers", ARRAY(Text), nullable=False, server_default="{}"
    ),  # with other hours, looked at again when it is resumed
)
