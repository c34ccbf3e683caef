"""The table of erased customers, the same in every service's database; dated SQL in `shared/migrations` makes it."""

from sqlalchemy import Column, DateTime, MetaData, Table, Uuid, text

metadata = MetaData()

erased_customer = Table(
    "erased_customer",
    metadata,
    Column("customer_id", Uuid, primary_key=True),  # whose data, or at whose account the person was
    Column("erasure_id", Uuid, primary_key=True),
    Column("person_id", Uuid),  # null: the customer itself, and all that is about it
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("marked_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("erased_at", DateTime(timezone=True)),  # null: there may be something left
)
