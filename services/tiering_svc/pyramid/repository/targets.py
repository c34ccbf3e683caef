"""What share of the revenue each tier shall bring (T14): one document in versions, one of them in force."""

from uuid import UUID

from services.tiering_svc.pyramid.domain.composition import read_targets
from shared.rule_sets import RuleSetKind

REVENUE_TARGETS = RuleSetKind(
    "revenue-targets",
    read=lambda version: read_targets(version.document, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000206"),
)
