"""The directory of employees."""

from sqlalchemy import ARRAY, Column, ForeignKey, Index, Integer, Table, Text

from services.profile_svc.core.tables import Timestamp, metadata

employee = Table(
    "employee",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone_extension", Text),
    Column("recorded_at", Timestamp, nullable=False),
    Column("subject", Text, unique=True),  # what they sign in with; null: they do not
    Column("unit", ForeignKey("unit.code")),  # the unit they belong to; null: none
    Column("skills", ARRAY(Text), nullable=False),
    Column("languages", ARRAY(Text), nullable=False),  # BCP 47 tags
    Column("capacity", Integer),  # how many accounts they can look after; null: as the rules say
    Column("joined_at", Timestamp),  # null: it is not known
    Column("left_at", Timestamp),  # null: they are still there
    Column("version", Integer, nullable=False),
    Column("centre", Text),  # the service centre it works at; null: none
    Column("centre_since", Timestamp),  # since when that is so; null: it was never placed
    Column("absent_from", Timestamp),  # of the present or coming absence; null: none
    Column("absent_until", Timestamp),  # null: not known
    Column("deputy_id", Text),  # who stands in meanwhile; null: nobody
    Index("employee_unit", "unit"),
    Index("employee_deputy", "deputy_id"),
)
