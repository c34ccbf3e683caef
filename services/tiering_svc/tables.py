"""The tables tiering owns, gathered so that the metadata is whole; a test holds them and the migrations together."""

from services.tiering_svc.core.tables import business, job, metadata, rule_set_step, rule_set_version
from services.tiering_svc.customers.tables import customer_file
from services.tiering_svc.indicators.tables.external_facts import (
    case_change,
    case_fact,
    contact_fact,
    customer_traits,
    group_parent,
)
from services.tiering_svc.indicators.tables.order_facts import (
    indicator_month,
    order_change,
    order_fact,
    payment_fact,
    receivable_fact,
)
from services.tiering_svc.key_accounts.tables import account_class, nomination, risk_flag
from services.tiering_svc.monitoring.tables.stages import customer_stage
from services.tiering_svc.monitoring.tables.warnings import (
    early_warning,
    likelihood_model,
    warning_back_test,
    warning_change,
    warning_run,
)
from services.tiering_svc.retention.tables import lifetime_value, lifetime_value_run, retention_cost
from services.tiering_svc.reviews.tables.back_tests import back_test, back_test_cell, back_test_mover, back_test_value
from services.tiering_svc.reviews.tables.evaluations import (
    evaluation_cell,
    evaluation_head,
    evaluation_mover,
    evaluation_run,
    evaluation_value,
)
from services.tiering_svc.schedules.tables import scheduled_run
from services.tiering_svc.service_quality.tables.assessments import assessment, missed_deadline, spot_check, submission
from services.tiering_svc.service_quality.tables.satisfaction import satisfaction_answer
from services.tiering_svc.tiers.tables.overrides import tier_privilege
from services.tiering_svc.tiers.tables.standings import standing, tier_history, tier_watch

__all__ = [
    "account_class",
    "assessment",
    "back_test",
    "back_test_cell",
    "back_test_mover",
    "back_test_value",
    "business",
    "case_change",
    "case_fact",
    "contact_fact",
    "customer_file",
    "customer_stage",
    "customer_traits",
    "early_warning",
    "evaluation_cell",
    "evaluation_head",
    "evaluation_mover",
    "evaluation_run",
    "evaluation_value",
    "group_parent",
    "indicator_month",
    "job",
    "lifetime_value",
    "lifetime_value_run",
    "likelihood_model",
    "metadata",
    "missed_deadline",
    "nomination",
    "order_change",
    "order_fact",
    "payment_fact",
    "receivable_fact",
    "retention_cost",
    "risk_flag",
    "rule_set_step",
    "rule_set_version",
    "satisfaction_answer",
    "scheduled_run",
    "spot_check",
    "standing",
    "submission",
    "tier_history",
    "tier_privilege",
    "tier_watch",
    "warning_back_test",
    "warning_change",
    "warning_run",
]
