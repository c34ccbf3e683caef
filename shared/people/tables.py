"""Copies of people and of who knows whom, the same in each service; the dated SQL in `shared/migrations` makes them."""

from sqlalchemy import Boolean, Column, DateTime, Index, MetaData, Table, Text, Uuid

metadata = MetaData()
Timestamp = DateTime(timezone=True)

customer_source = Table(  # who knows the customer by a reference of its own: a partner sees only those (G1)
    "customer_source",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("source", Text, primary_key=True),
)

account_team = Table(  # rows stay: who was responsible in a past month is known for ever
    "account_team",
    metadata,
    Column("assignment_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("assigned_at", Timestamp, nullable=False),
    Column("released_at", Timestamp),  # null: to this day
    Column("recorded_at", Timestamp, nullable=False),
    Index("account_team_of", "customer_id", "assigned_at"),
    Index("account_team_employee", "employee_id"),
)

unit_copy = Table(  # the tree of now
    "unit_copy",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("parent", Text),  # null: the top of a tree
    Column("is_closed", Boolean, nullable=False),
    Index("unit_copy_parent", "parent"),
)

employee_copy = Table(  # the directory of now: what its last change said
    "employee_copy",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("unit", Text),  # null: of none
    Column("absent_from", Timestamp),  # null: no absence is known
    Column("absent_until", Timestamp),  # null: not known
    Column("deputy_id", Text),  # null: nobody
    Column("left_at", Timestamp),  # null: still there
    Index("employee_copy_unit", "unit"),
    Index("employee_copy_deputy", "deputy_id"),
)

employee_centre = Table(  # which service centre an employee works at, from when on
    "employee_centre",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("changed_at", Timestamp, primary_key=True),
    Column("centre", Text),  # null: at none
)

employee_absence = Table(  # when an employee is away, and who stands in, as each change said from its recording on
    "employee_absence",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("changed_at", Timestamp, primary_key=True),
    Column("absent_from", Timestamp),  # null: no absence is known
    Column("absent_until", Timestamp),  # null: not known
    Column("deputy_id", Text),  # null: nobody
)
