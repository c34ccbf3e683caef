"""The two tables of rule sets: the same in every service that has some, on the service's own metadata."""

from typing import NamedTuple

from sqlalchemy import BigInteger, Column, DateTime, Identity, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

Timestamp = DateTime(timezone=True)


class RuleSetTables(NamedTuple):
    version: Table
    step: Table


def rule_set_tables(metadata: MetaData) -> RuleSetTables:
    """`rule_set_version` and `rule_set_step`, declared on a service's metadata.

    `create_rule_set_tables` of `shared.chassis.migrations` makes them in a service's migration.
    """
    version = Table(  # what a version says never changes (a trigger holds that), its state does
        "rule_set_version",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("slot", Text, nullable=False),
        Column("name", JSONB),
        Column("document", JSONB, nullable=False),
        Column("fingerprint", Text, nullable=False),  # of name and document; a trigger computes it
        Column("status", Text, nullable=False),
        Column("author", Text, nullable=False),
        Column("created_at", Timestamp, nullable=False),
        Column("note", Text),
        Column("approved_by", Text),
        Column("approved_at", Timestamp),
        Column("activated_by", Text),
        Column("activated_at", Timestamp),
        Column("retired_by", Text),
        Column("retired_at", Timestamp),
        Column("effective_from", Timestamp),
        Column("effective_to", Timestamp),
    )
    step = Table(  # who brought which version into which state, since when; never changed
        "rule_set_step",
        metadata,
        Column("step_id", BigInteger, Identity(always=True), primary_key=True),
        Column("kind", Text, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("version", Integer, nullable=False),
        Column("step", Text, nullable=False),
        Column("at", Timestamp, nullable=False),
        Column("by", Text, nullable=False),
        Column("effective_from", Timestamp),
        Column("note", Text),
        Column("reference", Uuid),
    )
    return RuleSetTables(version, step)
