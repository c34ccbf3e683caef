"""Who looks after which customer, in which role, from when to when."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.sql import func

from services.profile_svc.core.tables import Timestamp, metadata

team_assignment = Table(
    "team_assignment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", ForeignKey("customer.id"), nullable=False),
    Column("employee_id", ForeignKey("employee.employee_id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("assigned_at", Timestamp, nullable=False),
    Column("released_at", Timestamp),
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
