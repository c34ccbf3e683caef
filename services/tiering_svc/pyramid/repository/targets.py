"""What share of the revenue each tier shall bring (T14): one document in versions, one of them in force."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.tiering_svc.policies.repository import list_tiers
from services.tiering_svc.pyramid.domain.composition import read_targets
from shared.errors import invalid
from shared.messaging import Transaction
from shared.rule_sets import RuleSetKind, RuleSetStep, RuleSetVersion


async def _refuse_unknown_tiers(
    tx: Transaction, version: RuleSetVersion, steps: Sequence[RuleSetStep], settings: Any
) -> None:
    """422 `unknown_tier` for a target of a tier that no policy has. Drafts count: targets are set before a policy
    begins."""
    known = await list_tiers(tx)
    for index, target in enumerate(version.document["targets"]):
        if target["tier"] not in known:
            at = f"/document/targets/{index}/tier"
            raise invalid("unknown_tier", "No tier policy has such a level.", pointer=at)


REVENUE_TARGETS = RuleSetKind(
    "revenue-targets",
    read=lambda version: read_targets(version.document, "/document"),
    before_writing=_refuse_unknown_tiers,
    only=UUID("0198c5a0-0000-7000-8000-000000000206"),
)
