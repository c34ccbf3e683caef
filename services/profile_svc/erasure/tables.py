"""Erasures that were asked for, and the receipts of them."""

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.profile_svc.core.tables import Timestamp, metadata

erasure = Table(
    "erasure",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid),  # the customer, or at whose account the person was; null: at nobody's
    Column("person_kind", Text),  # null: the customer itself
    Column("person", JSONB),  # what identifies the person; forgotten when all have erased
    Column("reason", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Timestamp, nullable=False),
    Column("finished_at", Timestamp),
    CheckConstraint("finished_at is null or person is null", name="erasure_forgets_the_person"),
    Index("erasure_of_customer", "customer_id"),
)
erasure_receipt = Table(
    "erasure_receipt",
    metadata,
    Column("erasure_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("erased_at", Timestamp, nullable=False),
    Column("stores", ARRAY(Text), nullable=False),
)
