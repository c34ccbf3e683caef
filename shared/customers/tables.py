"""The table of merges, the same in every service's database; the dated SQL in `shared/migrations` makes it."""

from sqlalchemy import Column, DateTime, MetaData, Table, Uuid

metadata = MetaData()

customer_merge = Table(
    "customer_merge",
    metadata,
    Column("merge_id", Uuid, primary_key=True),
    Column("absorbed_id", Uuid, nullable=False),
    Column("root_id", Uuid, nullable=False),
    Column("merged_at", DateTime(timezone=True), nullable=False),
    Column("unmerged_at", DateTime(timezone=True)),  # null: they are one to this day
    Column("recorded_at", DateTime(timezone=True), nullable=False),
)
