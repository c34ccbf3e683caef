"""The versions of the programme and their history: rule sets, of which the programme is the one kind loyalty has."""

from services.loyalty_svc.core.tables import metadata
from shared.rule_sets import rule_set_tables

rule_set_version, rule_set_step = rule_set_tables(metadata)
