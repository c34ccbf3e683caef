"""The rules of assessments (T15) and the satisfaction index (T16): a document each, one version in force."""

from uuid import UUID

from services.tiering_svc.service_quality.domain.assessment import read_rules
from services.tiering_svc.service_quality.domain.satisfaction import read_index
from shared.rule_sets import RuleSetKind

ASSESSMENT_RULES = RuleSetKind(
    "assessment-rules",
    read=lambda version: read_rules(version.document, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000204"),
)
SATISFACTION_INDEX = RuleSetKind(
    "satisfaction-indexes",
    read=lambda version: read_index(version.document, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000205"),
)
