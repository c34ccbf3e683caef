"""Tables of the tests: `sample` has a column of every type; `tally` a key of two columns and words SQL reserves."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE

metadata = MetaData()

sample = Table(
    "sample",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("word", Text),
    Column("code", String(10)),
    Column("small", SmallInteger),
    Column("whole", Integer),
    Column("large", BigInteger),
    Column("amount", Numeric(24, 4)),
    Column("ratio", Float),
    Column("yes", Boolean),
    Column("day", Date),
    Column("at", DateTime(timezone=True)),
    Column("lasts", Interval),
    Column("bytes", LargeBinary),
    Column("document", JSONB),
    Column("effective", TSTZRANGE),
    Column("words", ARRAY(Text)),
    Column("numbers", ARRAY(Integer)),
    Column("amounts", ARRAY(Numeric(24, 4))),
    Column("ids", ARRAY(Uuid)),
    Column("days", ARRAY(Date)),
    Column("instants", ARRAY(DateTime(timezone=True))),
    Column("marks", ARRAY(Boolean)),
    Column("blobs", ARRAY(LargeBinary)),
    Column("spans", ARRAY(Interval)),
)

tally = Table(
    "tally",
    metadata,
    Column("from", Text, primary_key=True),
    Column("order", Text, primary_key=True),
    Column("customers", Integer, nullable=False),
    Column("revenue", Numeric(24, 4)),
    Column("note", Text),
    Column("changed_at", DateTime(timezone=True)),
)
