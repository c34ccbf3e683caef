"""What all of tiering's tables share."""

from sqlalchemy import Column, DateTime, Integer, MetaData, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
Timestamp = DateTime(timezone=True)

business = Table(  # one row: the zone months are counted in, the currency of all amounts; fixed at the first start
    "business",
    metadata,
    Column("only_one", Integer, primary_key=True),
    Column("time_zone", Text, nullable=False),
    Column("currency", Text, nullable=False),
)
rule_book = Table(  # rules as data: of each book one version is in force, by somebody else than its author
    "rule_book",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("activated_by", Text),
    Column("activated_at", Timestamp),
)


metadata = MetaData()

Timestamp = DateTime(timezone=True)
Money = Numeric(24, 4)  # sums of amounts that intake takes up to 10^13 each
ScoreNumber = Numeric(9, 4)
