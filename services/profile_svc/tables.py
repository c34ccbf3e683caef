"""The tables profile owns."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, ExcludeConstraint
from sqlalchemy.sql import func

metadata = MetaData()

Moment = DateTime(timezone=True)
Money = Numeric(24, 4)  # wider than an order's: it holds sums

customer = Table(  # the file: one row, its facts as the HTTP shape checked them
    "customer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("completeness", SmallInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("registered_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("kind in ('organisation', 'person', 'unknown')", name="customer_kind"),
    CheckConstraint("completeness between 0 and 100", name="customer_completeness"),
    CheckConstraint("version >= 1", name="customer_version"),
)

customer_name = Table(  # made from the facts, for search (P12)
    "customer_name",
    metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="cascade"), primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("folded", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("tokens", TSVECTOR, nullable=False),
    Index("customer_name_folded", "folded", postgresql_ops={"folded": "text_pattern_ops"}),
    Index("customer_name_text", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"}),
    Index("customer_name_tokens", "tokens", postgresql_using="gin"),
)

customer_phone = Table(  # made from the facts, for search and the call-centre pop
    "customer_phone",
    metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="cascade"), primary_key=True),
    Column("e164", Text, primary_key=True),
    Column("last_digits", Text),
    Index("customer_phone_e164", "e164"),
    Index("customer_phone_last_digits", "last_digits"),
)

customer_email = Table(  # made from the facts, for search; in lower case
    "customer_email",
    metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="cascade"), primary_key=True),
    Column("address", Text, primary_key=True),
    Index("customer_email_address", "address", postgresql_ops={"address": "text_pattern_ops"}),
)

customer_reference = Table(  # what the outside calls the customer; a source's reference names one customer
    "customer_reference",
    metadata,
    Column("source", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("customer_id", ForeignKey("customer.id", ondelete="cascade"), nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Index("customer_reference_customer", "customer_id", "source"),
    Index("customer_reference_ref", "ref"),
)

employee = Table(
    "employee",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone_extension", Text),
    Column("recorded_at", Moment, nullable=False),
    Column("centre", Text),  # the service centre it works at; null: none
)

team_assignment = Table(
    "team_assignment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", ForeignKey("customer.id"), nullable=False),
    Column("employee_id", ForeignKey("employee.employee_id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("assigned_at", Moment, nullable=False),
    Column("released_at", Moment),
    Column("hand_over_note", Text),
    CheckConstraint(
        "role in ('account_manager', 'executive_sponsor', 'service_engineer', 'inside_sales', 'field_sales')",
        name="team_assignment_role",
    ),
    CheckConstraint("released_at >= assigned_at", name="team_assignment_times"),
    Index("team_assignment_customer", "customer_id"),
    Index("team_assignment_employee", "employee_id", postgresql_where=text("released_at is null")),
    # one account manager at a time (P5): now, and at no time in the past two
    Index(
        "team_one_account_manager",
        "customer_id",
        unique=True,
        postgresql_where=text("role = 'account_manager' and released_at is null"),
    ),
    Index(
        "team_one_of_a_role",
        "customer_id",
        "role",
        "employee_id",
        unique=True,
        postgresql_where=text("released_at is null"),
    ),
    ExcludeConstraint(
        ("customer_id", "="),
        (func.tstzrange(text("assigned_at"), text("released_at")), "&&"),
        where=text("role = 'account_manager'"),
        name="team_managers_never_overlap",
    ),
)

overview = Table(  # one row a customer, kept from all services' events; no index but the key, so updates are HOT
    "overview",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("tier", Text),
    Column("tier_rank", Integer),
    Column("tier_since", Moment),
    Column("orders_count", Integer, nullable=False, server_default="0"),
    Column("returns_count", Integer, nullable=False, server_default="0"),
    Column("cancelled_count", Integer, nullable=False, server_default="0"),
    Column("revenue_total", Money, nullable=False, server_default="0"),
    Column("revenue_returned", Money, nullable=False, server_default="0"),
    Column("revenue_cancelled", Money, nullable=False, server_default="0"),
    Column("first_order_at", Moment),
    Column("last_order_at", Moment),
    Column("last_order_id", Uuid),
    Column("last_return_at", Moment),
    Column("last_delivery_at", Moment),
    Column("points_balance", BigInteger, nullable=False, server_default="0"),
    Column("points_held", BigInteger, nullable=False, server_default="0"),
    Column("points_debt", BigInteger, nullable=False, server_default="0"),
    Column("open_cases", Integer, nullable=False, server_default="0"),
    Column("overdue_cases", Integer, nullable=False, server_default="0"),
    Column("last_case_at", Moment),
    Column("last_satisfaction", SmallInteger),
    Column("outstanding_amount", Money, nullable=False, server_default="0"),
    Column("oldest_due_on", Date),
    Column("account_manager", Text),
    Column("open_warnings", JSONB, nullable=False, server_default="{}"),  # T12, by warning
    Column("updated_at", Moment, nullable=False),
    postgresql_with={"fillfactor": 70},
)

case_copy = Table(  # what profile knows of a case: latest instants only (domain/cases.py)
    "case_copy",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("customer_id", Uuid),
    Column("filed_at", Moment),
    Column("opened_at", Moment),
    Column("closed_at", Moment),
    Column("reopened_at", Moment),
    Column("acknowledged_at", Moment),
    Column("proposed_at", Moment),
    Column("resolved_at", Moment),
    Column("acknowledgement_breached_at", Moment),
    Column("proposal_breached_at", Moment),
    Column("solution_breached_at", Moment),
    Column("satisfied_at", Moment),
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

call = Table(  # telephone calls as the exchange reports them (G4)
    "call",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("number", Text, nullable=False),
    Column("customer_id", ForeignKey("customer.id", ondelete="set null")),
    Column("agent", Text),
    Column("ringing_at", Moment),
    Column("answered_at", Moment),
    Column("ended_at", Moment),
    Column("recorded_at", Moment, nullable=False),
    CheckConstraint("answered_at >= ringing_at", name="call_answered"),
    CheckConstraint("ended_at >= ringing_at and ended_at >= answered_at", name="call_ended"),
    Index("call_ringing", "ringing_at"),
    Index("call_customer", "customer_id"),
)

contact_log = Table(  # who spoke with the customer, what was said, and the next step (P6)
    "contact_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", ForeignKey("customer.id"), nullable=False),
    Column("contacted_at", Moment, nullable=False),
    Column("channel", Text, nullable=False),
    Column("employee_id", ForeignKey("employee.employee_id"), nullable=False),
    Column("said", Text, nullable=False),
    Column("partner", Text),
    Column("position", Text),
    Column("next_step", Text),
    Column("next_step_on", Date),
    Column("next_step_owner", ForeignKey("employee.employee_id")),
    Column("completed_at", Moment),
    Column("outcome", Text),
    Column("recorded_at", Moment, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("contact_log_customer", "customer_id", "contacted_at", "id"),
    Index(
        "contact_log_open_steps",
        "next_step_owner",
        "next_step_on",
        postgresql_where=text("next_step is not null and completed_at is null"),
    ),
)

group_membership = Table(  # a customer is below at most one parent at a time (P2)
    "group_membership",
    metadata,
    Column("customer_id", ForeignKey("customer.id"), primary_key=True),
    Column("parent_id", ForeignKey("customer.id"), nullable=False),
    Column("since", Moment, primary_key=True),
    Column("until", Moment),
    CheckConstraint("customer_id <> parent_id", name="group_membership_other"),
    CheckConstraint("until > since", name="group_membership_times"),
    ExcludeConstraint(
        ("customer_id", "="), (func.tstzrange(text("since"), text("until")), "&&"), name="group_one_parent"
    ),
    Index("group_membership_parent", "parent_id"),
)

file_access = Table(  # every read and write of a file (P13); plain rows, chained by a sealer in batches
    "file_access",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("action", Text, nullable=False),
)
