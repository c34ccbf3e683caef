"""What all of tiering's tables share, the jobs of all areas, and the rule sets that several areas read."""

from sqlalchemy import Column, DateTime, Integer, MetaData, Numeric, Table, Text

from shared.jobs.table import job_table
from shared.rule_sets.tables import rule_set_tables

metadata = MetaData()

Timestamp = DateTime(timezone=True)
Money = Numeric(24, 4)  # sums of amounts that intake takes up to 10^13 each
ScoreNumber = Numeric(9, 4)

business = Table(  # one row: the zone months are counted in, the currency of all amounts; fixed at the first start
    "business",
    metadata,
    Column("only_one", Integer, primary_key=True),
    Column("time_zone", Text, nullable=False),
    Column("currency", Text, nullable=False),
)

rule_set_version, rule_set_step = rule_set_tables(metadata)  # rules as data in versions
job = job_table(metadata)  # reviews, simulations, back-tests, lifetime values, sweeps: how far each is
