"""The metadata that all tables of complaint belong to, the types their columns share, and the versions of its rules."""

from sqlalchemy import DateTime, MetaData, Numeric

from shared.rule_sets import rule_set_tables

metadata = MetaData()
Timestamp = DateTime(timezone=True)
Money = Numeric(18, 4)

# the versions of calendar rules, deadline rules and authority rules, and their history
rule_set_version, rule_set_step = rule_set_tables(metadata)
