"""The tables tiering owns. The migrations make them; `tests/tiering` holds the two together."""

from services.tiering_svc.tables.base import metadata
from services.tiering_svc.tables.facts import (
    business,
    customer_source,
    indicator_month,
    order_change,
    order_fact,
    payment_fact,
    receivable_fact,
)
from services.tiering_svc.tables.policies import tier_policy
from services.tiering_svc.tables.reviews import evaluation_head, evaluation_mover, evaluation_run
from services.tiering_svc.tables.satisfaction import satisfaction_answer
from services.tiering_svc.tables.standards import standard
from services.tiering_svc.tables.standings import standing, tier_history
from services.tiering_svc.tables.teams import employee_centre, team_member

__all__ = [
    "business",
    "customer_source",
    "employee_centre",
    "evaluation_head",
    "evaluation_mover",
    "evaluation_run",
    "indicator_month",
    "metadata",
    "order_change",
    "order_fact",
    "payment_fact",
    "receivable_fact",
    "satisfaction_answer",
    "standard",
    "standing",
    "team_member",
    "tier_history",
    "tier_policy",
]
