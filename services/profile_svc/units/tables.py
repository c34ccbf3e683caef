"""The operator's units."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from services.profile_svc.core.tables import Timestamp, metadata

unit = Table(
    "unit",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # a code of the company: group, province, city, branch …
    Column("parent", ForeignKey("unit.code")),  # null: the top of a tree
    Column("closed_at", Timestamp),  # null: it is open
    Column("version", Integer, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Index("unit_parent", "parent"),
)
