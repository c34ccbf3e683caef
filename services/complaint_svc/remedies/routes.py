"""The rules of remedies over HTTP, in versions: who may grant how much without asking (C5)."""

from services.complaint_svc.remedies.repository import AUTHORITY_RULES
from services.complaint_svc.remedies.schemas import AuthorityRulesDocument
from shared.chassis import staff_only
from shared.rule_sets import rule_set_routes

router = rule_set_routes(
    AUTHORITY_RULES,
    "/v1/authority-rules",
    AuthorityRulesDocument,
    singular="authority_rules",
    tags=["complaint rules"],
    read="complaints:read",
    dependencies=[staff_only],
)
