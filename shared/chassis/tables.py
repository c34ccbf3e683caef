"""The chassis's own tables, the same in every service's database; the dated SQL in `shared/migrations` makes them."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)

metadata = MetaData()

idempotency = Table(  # a request that was answered, and the answer
    "idempotency",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # of who, method, path and key
    Column("sent", LargeBinary, nullable=False),  # digest of the body
    Column("path", Text, nullable=False),
    Column("status", Integer),
    Column("headers", Text),
    Column("body", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

deployment = Table(  # one row: what a deployment can not change its mind about
    "deployment",
    metadata,
    Column("one_row", Integer, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("fixed_at", DateTime(timezone=True), nullable=False),
)

access_trail = Table(  # every read and write of personal data (P13): plain rows, chained by a sealer in batches
    "access_trail",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("customer_id", Uuid),  # null: somebody who is no customer
    Column("action", Text, nullable=False),
    Column("subject", Text),  # of the customer's or beside it: `case:<id>`, `contact:<id>`
    Column("fields", ARRAY(Text), nullable=False, server_default="{}"),  # kinds of content, where not all of it
    Column("purpose", Text),  # what whoever asked said it is for, a code
    Index("access_trail_customer", "customer_id", "id"),
)

access_trail_seal = Table(  # a chain: each digest is over the one before it, and over the lines up to `last_id`
    "access_trail_seal",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("last_id", BigInteger, nullable=False, unique=True),
    Column("lines", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("number > 0", name="access_trail_seal_number"),
    CheckConstraint("lines > 0", name="access_trail_seal_lines"),
)
