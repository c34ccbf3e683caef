"""Copies, from events: who may see whom (G1), who looks after whom, and which centre each employee works at (P5)."""

from sqlalchemy import Column, Table, Text, Uuid

from services.tiering_svc.core.tables import Timestamp, metadata

customer_source = Table(  # who knows the customer by a reference of its own: a partner sees only those (G1)
    "customer_source",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("source", Text, primary_key=True),
)

customer_file = Table(  # since when a customer has a file: prospects have one before they buy (P1)
    "customer_file",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("opened_at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
)

team_member = Table(  # rows stay: who was responsible in a past month is known for ever
    "team_member",
    metadata,
    Column("assignment_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("assigned_at", Timestamp, nullable=False),
    Column("released_at", Timestamp),
    Column("recorded_at", Timestamp, nullable=False),
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
