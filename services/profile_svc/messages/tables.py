"""Messages that customers are to get, and what senders reported of them."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.profile_svc.core.tables import Timestamp, metadata

message_request = Table(  # nothing personal: the text is rendered when it is fetched
    "message_request",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("contact_id", Uuid),  # null: the customer itself
    Column("template", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("channel", Text),  # null: withheld
    Column("data", JSONB, nullable=False),  # codes and instants that the text names
    Column("occasion", Text, nullable=False),  # the fact that asked for it
    Column("state", Text, nullable=False),  # requested, withheld, or as reported last
    Column("reason", Text),  # why it is withheld
    Column("requested_at", Timestamp, nullable=False),
    Column("state_at", Timestamp, nullable=False),
    UniqueConstraint("occasion", name="message_request_once"),
    Index("message_request_in_state", "state", "id"),
    Index("message_request_of_customer", "customer_id", "id"),
)
message_report = Table(
    "message_report",
    metadata,
    Column("message_id", ForeignKey("message_request.id"), primary_key=True),
    Column("state", Text, primary_key=True),
    Column("at", Timestamp, primary_key=True),
    Column("recorded_at", Timestamp, nullable=False),
    Column("recorded_by", Text, nullable=False),
)
