"""What a person sets for one customer (T10): a tier until a date, or that its tier is not lowered before a date."""

from datetime import datetime
from typing import Literal

from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.explanation import reasons_of
from services.tiering_svc.tiers.domain.standing import ChangeKind, Standing
from services.tiering_svc.tiers.domain.tier_changes import TierDecision, changed
from shared.errors import conflict, invalid

PrivilegeEnding = Literal["override_end", "override_cancelled"]


def override(
    standing: Standing, tier: str, until: datetime, reason: str, by: str, at: datetime, rules: Rules
) -> TierDecision:
    """A person sets the tier until a date, with a reason. Orders and reviews leave it alone until then; an earlier
    promise to keep another tier is replaced by it. Refused: an unknown level (`unknown_tier`), a customer without a
    tier (`no_tier_yet`), a date that is over (`in_the_past`)."""
    policy = rules.active
    rank = next((rank for rank, level in enumerate(policy.levels) if level.code == tier), None)
    if rank is None:
        raise invalid("unknown_tier", "The policy in force has no such level.", pointer="/tier")
    if standing.since is None:
        raise conflict("no_tier_yet", "The customer has no tier yet: the first order gives one.")
    if until <= at:
        raise invalid("in_the_past", "An override ends in the future.", pointer="/until")
    reasons = {
        "trigger": "override",
        "policy": {"id": str(policy.policy_id), "version": policy.version, "kind": policy.kind, "name": policy.names},
        "tier": {"code": tier, "name": policy.levels[rank].names},
        "reason": reason,
        "by": by,
        "until": until.isoformat(),
    }
    start = max(at, standing.since)
    free = standing._replace(promised_until=None)
    standing, change = changed(free, policy, rank, "override", start, rules, reasons, overridden_until=until)
    return standing, [change]


def end_override(
    standing: Standing,
    snapshot: CustomerSnapshot,
    ends_at: datetime,
    rules: Rules,
    trigger: PrivilegeEnding = "override_end",
) -> TierDecision:
    """The override is over: the customer is graded anew, as of its end."""
    policy = rules.active
    rank = policy.assess(snapshot).rank
    same_ladder = standing.ladder == policy.ladder
    if same_ladder and rank == standing.rank:
        return standing._replace(overridden_until=None), []
    kind: ChangeKind = "downgrade" if same_ladder and rank < standing.rank else "upgrade"
    reasons = reasons_of(policy, snapshot, snapshot.last_month, rank, trigger=trigger)
    standing, change = changed(standing, policy, rank, kind, ends_at, rules, reasons)
    if kind == "upgrade":  # it stands on orders alone: the tier that a person had set is no floor for it (K18)
        standing = standing._replace(floor_tier=None, floor_rank=0)
    return standing, [change]


def promise(standing: Standing, until: datetime, at: datetime) -> Standing:
    """The tier is not lowered before `until`, whatever a review finds. Refused: a customer without a tier
    (`no_tier_yet`) or with an override (`overridden`), and a date that is over (`in_the_past`)."""
    if standing.since is None:
        raise conflict("no_tier_yet", "The customer has no tier yet: the first order gives one.")
    if standing.overridden_until is not None:
        raise conflict("overridden", "An override is on: it holds the tier until its own end.")
    if until <= at:
        raise invalid("in_the_past", "A tier is kept until a day to come.", pointer="/until")
    return standing._replace(promised_until=until)


def withdraw_promise(standing: Standing) -> Standing:
    """From now on reviews may lower the tier again."""
    return standing._replace(promised_until=None)
