"""What was proposed to settle a case, who approved it where that was needed, and how it was answered."""

from sqlalchemy import Boolean, Column, Date, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from services.complaint_svc.core.tables import Money, Timestamp, metadata

proposal = Table(
    "proposal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("amount", Money, nullable=False),
    Column("proposed_at", Timestamp, nullable=False),
    Column("answered_at", Timestamp),
    Column("accepted", Boolean),
    Column("proposed_by", Text),
    Column("proposer_id", Uuid),  # the person, however its subject is spelled
    Column("counted_on", Date),  # the business day whose limits it counts against
    Column("approved_by", Text),  # another person, where it went beyond the limits; then it counts against none
    Column("roles", ARRAY(Text)),  # of who proposed it alone
    Column("authority_version", Integer),  # the authority rules it was within, where it was proposed alone
)

settlement_approval = Table(  # proposals beyond the limits, from when they were asked for; the id is the proposal's
    "settlement_approval",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("amount", Money, nullable=False),
    Column("text", Text),  # written by people: it can be erased
    Column("limits_reached", ARRAY(Text), nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Timestamp, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Timestamp),
    Column("note", Text),  # written by people: it can be erased
)
