"""The overview, one row a customer, and the copies of other services' facts that it is counted from."""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from services.profile_svc.core.tables import Money, Timestamp, metadata

overview = Table(  # one row a customer, kept from all services' events; no index but the key, so updates are HOT
    "overview",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("tier", Text),
    Column("tier_rank", Integer),
    Column("tier_since", Timestamp),
    Column("tier_kind", Text),
    Column("orders_count", Integer, nullable=False, server_default="0"),
    Column("returns_count", Integer, nullable=False, server_default="0"),
    Column("cancelled_count", Integer, nullable=False, server_default="0"),
    Column("revenue_total", Money, nullable=False, server_default="0"),
    Column("revenue_returned", Money, nullable=False, server_default="0"),
    Column("revenue_cancelled", Money, nullable=False, server_default="0"),
    Column("first_order_at", Timestamp),
    Column("last_order_at", Timestamp),
    Column("last_order_id", Uuid),
    Column("last_return_at", Timestamp),
    Column("last_delivery_at", Timestamp),
    Column("points_balance", BigInteger, nullable=False, server_default="0"),
    Column("points_held", BigInteger, nullable=False, server_default="0"),
    Column("points_debt", BigInteger, nullable=False, server_default="0"),
    Column("open_cases", Integer, nullable=False, server_default="0"),
    Column("overdue_cases", Integer, nullable=False, server_default="0"),
    Column("last_case_at", Timestamp),
    Column("last_satisfaction", SmallInteger),
    Column("outstanding_amount", Money, nullable=False, server_default="0"),
    Column("oldest_due_on", Date),
    Column("account_manager", Text),
    Column("open_warnings", JSONB, nullable=False, server_default="{}"),  # T12, by warning
    Column("account_classes", JSONB, nullable=False, server_default="{}"),  # T8, those that last, by nomination
    Column("risk_flags", JSONB, nullable=False, server_default="{}"),  # T8, those that are up, by flag
    Column("life_stage", Text),  # T11
    Column("life_stage_since", Timestamp),
    Column("relationship", Text),
    Column("satisfaction_index", Money),  # T16: experience less expectation, of the latest answer
    Column("satisfaction_at", Timestamp),
    Column("settlement_withdrawn_points", BigInteger),  # L2: taken back last, of a case that was another's
    Column("settlement_withdrawn_at", Timestamp),
    Column("updated_at", Timestamp, nullable=False),
    postgresql_with={"fillfactor": 70},
)
case_copy = Table(  # what profile knows of a case: latest instants only (domain/cases.py)
    "case_copy",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("customer_id", Uuid),
    Column("customer_step", Integer, nullable=False, server_default="0"),  # the latest step that names the customer
    Column("filed_at", Timestamp),
    Column("opened_at", Timestamp),
    Column("closed_at", Timestamp),
    Column("reopened_at", Timestamp),
    Column("acknowledged_at", Timestamp),
    Column("proposed_at", Timestamp),
    Column("resolved_at", Timestamp),
    Column("acknowledgement_breached_at", Timestamp),
    Column("proposal_breached_at", Timestamp),
    Column("solution_breached_at", Timestamp),
    Column("other_breached_at", Timestamp),  # of an answer that this release does not know
    Column("satisfied_at", Timestamp),
    Column("satisfaction", SmallInteger),
    Index("case_copy_customer", "customer_id"),
)
receivable_copy = Table(  # what is owed on each receivable
    "receivable_copy",
    metadata,
    Column("receivable_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("outstanding", Money, nullable=False),
    Column("due_on", Date),
    Index("receivable_copy_owed", "customer_id", postgresql_where=text("outstanding > 0")),
)
