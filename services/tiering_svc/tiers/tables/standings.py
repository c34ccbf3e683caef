"""Where each customer stands, and its history (T10)."""

from sqlalchemy import BigInteger, Column, Identity, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE

from services.tiering_svc.core.tables import Timestamp, metadata

standing = Table(  # where each customer stands: the open row of the history; its lock is the customer's lock
    "standing",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("tier", Text),
    Column("rank", Integer, nullable=False),
    Column("since", Timestamp),
    Column("row_id", Uuid),
    Column("kind", Text),
    Column("policy_id", Uuid),
    Column("policy_version", Integer),
    Column("cutoffs_of", Uuid),
    Column("ladder", Text),
    Column("below_since", Timestamp),
    Column("grace_until", Timestamp),
    Column("retained_until", Timestamp),
    Column("overridden_until", Timestamp),
    Column("promised_until", Timestamp),
    Column("recovered_at", Timestamp),
    Column("known_from", Timestamp),  # what it stands on had been recorded by then
    Column("first_known", Timestamp),  # when the first of its facts was recorded
    Column("folded_until", Timestamp),  # the newest instant of its facts: what comes later is carried on from here
    Column("decided_until", Timestamp),  # the newest one that anything was decided for, or something came back at
)

tier_history = Table(  # T10: no gap, no overlap, one open row among those that are not superseded
    "tier_history",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("previous_tier", Text),
    Column("tier", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("effective", TSTZRANGE, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("superseded_at", Timestamp),  # replaced by what became known then
    Column("policy_id", Uuid, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("run_id", Uuid),
    Column("retained_until", Timestamp),
    Column("reasons", JSONB, nullable=False),
    Column("known_from", Timestamp, nullable=False),  # the newest fact that it stands on had been recorded by then
    Column("known_until", Timestamp),  # likewise for what replaced it
)

tier_watch = Table(  # T10: below its tier since a review; replaced ones stay, so that it is known for any past instant
    "tier_watch",
    metadata,
    Column("watch_id", BigInteger, Identity(always=True), primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("below_since", Timestamp, nullable=False),
    Column("grace_until", Timestamp, nullable=False),
    Column("ended_at", Timestamp),  # since when it earned its tier again, or had another one
    Column("known_from", Timestamp, nullable=False),
    Column("known_until", Timestamp),  # replaced by what became known then
)
