"""Deadlines of cases, and the allowances an operator wrote."""

from sqlalchemy import Column, Integer, Interval, Table, Text, Uuid

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
    Column("escalate_at", Timestamp),
    Column("warned_at", Timestamp),
    Column("breached_at", Timestamp),
    Column("done_late_at", Timestamp),
    Column("met_at", Timestamp),
    Column("cancelled_at", Timestamp),
    Column("generation", Integer, nullable=False),
)

deadline_rule = Table(  # allowances an operator wrote over the defaults
    "deadline_rule",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("severity", Text, primary_key=True),
    Column("tier", Text, primary_key=True),
    Column("acknowledgement", Interval),
    Column("proposal", Interval),
    Column("solution", Interval),
    Column("changed_at", Timestamp, nullable=False),
    Column("changed_by", Text, nullable=False),
)
