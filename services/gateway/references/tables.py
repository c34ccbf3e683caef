"""The registry of outside references, and which customers exist."""

from sqlalchemy import Column, Index, Table, Text, Uuid, text

from services.gateway.core.tables import Timestamp, metadata

customer_reference = Table(  # the registry: ids from outside are unique per source (K17)
    "customer_reference",
    metadata,
    Column("source", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),  # names it in paths
    Column("registered_at", Timestamp),  # null: the id is only offered, to a file that profile has not accepted yet
    Index("customer_reference_of_customer", "customer_id", "source"),
    Index("customer_reference_offered", "customer_id", postgresql_where=text("registered_at is null")),
    Index("customer_reference_prefix", text('lower(ref) collate "C"'), "source"),  # search by the beginning
)
known_customer = Table(  # every customer id that exists, so an unknown {id} can be refused without asking anybody
    "known_customer",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("known_at", Timestamp, nullable=False),
)
reference_removal = Table(  # that a reference was removed, and whose: not which one it was, it may have been a person's
    "reference_removal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("registered_at", Timestamp, nullable=False),
    Column("removed_at", Timestamp, nullable=False),
)
