"""The rules of deadlines over HTTP, in versions: how much working time the stages are given (C3)."""

from services.complaint_svc.deadlines.repository import DEADLINE_RULES
from services.complaint_svc.deadlines.schemas import DeadlineRulesDocument
from shared.chassis import staff_only
from shared.rule_sets import rule_set_routes

router = rule_set_routes(
    DEADLINE_RULES,
    "/v1/deadline-rules",
    DeadlineRulesDocument,
    singular="deadline_rules",
    tags=["complaint rules"],
    read="complaints:read",
    dependencies=[staff_only],
)
