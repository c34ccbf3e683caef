"""The chassis's own tables, the same in every service's database; the dated SQL in `shared/migrations` makes them."""

from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Table, Text

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
