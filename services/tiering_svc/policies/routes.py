"""Tier policies (T9): written, simulated, approved by a second person, put in force."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.tiering_svc.core.schemas.shapes import NamesShape
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.repository import TIER_POLICIES
from services.tiering_svc.policies.schemas import (
    PolicyDocument,
    TierNameEntry,
    TierNamesRead,
    TierPolicyVersion,
)
from shared.chassis import Tx, allow, service_router, staff_only
from shared.messaging import Transaction
from shared.rule_sets import RuleSetVersion, VersionKey, rule_set_routes


async def _simulations_of(
    tx: Transaction, versions: Sequence[RuleSetVersion]
) -> Mapping[VersionKey, Mapping[str, Any]]:
    """T9: draft -> simulated -> approved -> active -> retired."""
    simulated = await policies.list_simulated(tx, versions)
    facts: dict[VersionKey, dict[str, Any]] = {}
    for version in versions:
        key = (version.id, version.version)
        facts[key] = {"simulated_at": simulated.get(key)}
        if version.status == "draft" and key in simulated:
            facts[key]["status"] = policies.SIMULATED
    return facts


internal = service_router(prefix="/internal", tags=["internal"])


@internal.get("/tier-names", dependencies=[allow("internal")], include_in_schema=False)
async def show_tier_names(tx: Tx) -> TierNamesRead:
    """What tiers are called, for services that show them: as the policy says that came into force last."""
    names = await policies.list_tier_names(tx)
    return TierNamesRead(items=[TierNameEntry(tier=tier, name=NamesShape(**name)) for tier, name in names.items()])


router = rule_set_routes(
    TIER_POLICIES, "/v1/tier-policies", PolicyDocument, singular="tier_policy", tags=["policies"], read="tiers:read",
    dependencies=[staff_only], named=True, version_read=TierPolicyVersion, facts=_simulations_of,
)  # fmt: skip
