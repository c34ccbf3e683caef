"""Which customer is below which, from when to when."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.sql import func

from services.profile_svc.core.tables import Timestamp, metadata

group_membership = Table(  # a customer is below at most one parent at a time (P2)
    "group_membership",
    metadata,
    Column("customer_id", ForeignKey("customer.id"), primary_key=True),
    Column("parent_id", ForeignKey("customer.id"), nullable=False),
    Column("since", Timestamp, primary_key=True),
    Column("until", Timestamp),
    CheckConstraint("customer_id <> parent_id", name="group_membership_other"),
    CheckConstraint("until > since", name="group_membership_times"),
    ExcludeConstraint(
        ("customer_id", "="), (func.tstzrange(text("since"), text("until")), "&&"), name="group_one_parent"
    ),
    Index("group_membership_parent", "parent_id"),
)
