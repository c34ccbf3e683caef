"""The directory of employees."""

from sqlalchemy import Column, Table, Text

from services.profile_svc.core.tables import Timestamp, metadata

employee = Table(
    "employee",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone_extension", Text),
    Column("recorded_at", Timestamp, nullable=False),
    Column("centre", Text),  # the service centre it works at; null: none
    Column("centre_since", Timestamp),  # since when that is so; null: it was never placed
    Column("absent_from", Timestamp),  # of the present or coming absence; null: none
    Column("absent_until", Timestamp),  # null: not known
    Column("deputy_id", Text),  # who stands in meanwhile; null: nobody
)
