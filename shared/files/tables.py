"""The tables of files, the same in every service that keeps some."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)


def file_tables(metadata: MetaData) -> tuple[Table, Table, Table]:
    """`stored_file`, `stored_part` and `removed_part` in a service's metadata."""
    instant = DateTime(timezone=True)
    stored_file = Table(  # a file: what is known of its bytes, and whose they are
        "stored_file",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("area", Text, nullable=False),
        Column("owner", Text, nullable=False),
        Column("customer_id", Uuid),
        Column("name", Text),  # personal data: goes with the file
        Column("declared_type", Text),
        Column("media_type", Text),
        Column("size", BigInteger),
        Column("received", BigInteger, nullable=False, server_default="0"),
        Column("sha256", LargeBinary),
        Column("state", Text, nullable=False),
        Column("created_at", instant, nullable=False),
        Column("completed_at", instant),
        Column("expires_at", instant, nullable=False),
        CheckConstraint("state in ('open', 'ready')", name="stored_file_state"),
        CheckConstraint(
            "state = 'open' or (size = received and sha256 is not null and completed_at is not null)",
            name="stored_file_ready",
        ),
        CheckConstraint("received >= 0 and (size is null or received <= size)", name="stored_file_received"),
        Index("stored_file_expires", "expires_at"),
        Index("stored_file_customer", "customer_id"),
        Index("stored_file_owner", "owner", "state"),
    )
    stored_part = Table(  # a piece of it, under a key of the store
        "stored_part",
        metadata,
        Column("file_id", ForeignKey("stored_file.id", ondelete="cascade"), primary_key=True),
        Column("starts_at", BigInteger, primary_key=True),
        Column("size", BigInteger, nullable=False),
        Column("sha256", LargeBinary, nullable=False),
        Column("key", Text, nullable=False, unique=True),
        CheckConstraint("size > 0", name="stored_part_size"),
    )
    removed_part = Table(  # bytes that are to go: a trigger writes it for each part that is deleted
        "removed_part",
        metadata,
        Column("key", Text, primary_key=True),
        Column("removed_at", instant, nullable=False),
    )
    return stored_file, stored_part, removed_part
