"""What a person sets for one customer (T10): a tier until a date, or that its tier is not lowered before a date."""

from datetime import date, datetime

from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers.domain.standing import ChangeKind, Standing
from services.tiering_svc.tiers.domain.tier_changes import (
    Cause,
    Decider,
    Facts,
    TierChange,
    TierStep,
    changed,
    in_tier,
)
from services.tiering_svc.tiers.domain.timeline import PrivilegeEnding, TierOverride
from shared.errors import conflict, invalid


def check_override(policy: Policy, tier: str, until: datetime, at: datetime) -> None:
    """Refuse a level that the policy in force does not have (`unknown_tier`), and an end that is over
    (`in_the_past`)."""
    if all(level.code != tier for level in policy.levels):
        raise invalid("unknown_tier", "The policy in force has no such level.", pointer="/tier")
    if until <= at:
        raise invalid("in_the_past", "An override ends in the future.", pointer="/until")


def check_promise(standing: Standing, until: datetime, at: datetime) -> None:
    """Refuse a promise to a customer without a tier (`no_tier_yet`) or with an override (`overridden`), and a date that
    is over (`in_the_past`)."""
    if standing.since is None:
        raise conflict("no_tier_yet", "The customer has no tier yet: the first order gives one.")
    if standing.overridden_until is not None:
        raise conflict("overridden", "An override is on: it holds the tier until its own end.")
    if until <= at:
        raise invalid("in_the_past", "A tier is kept until a day to come.", pointer="/until")


def begin_override(standing: Standing, override: TierOverride, decider: Decider) -> tuple[Standing, TierChange]:
    """The tier that a person set, whatever the figures say. Orders and reviews leave it alone until its end; an earlier
    promise to keep another tier is replaced by it. A customer without orders can be placed so, too."""
    policy = override.policy
    rank = next(rank for rank, level in enumerate(policy.levels) if level.code == override.tier)
    reasons = {
        "trigger": "override",
        "override_id": str(override.override_id),
        "policy": {"id": str(policy.policy_id), "version": policy.version, "kind": policy.kind, "name": policy.names},
        "tier": {"code": override.tier, "name": policy.levels[rank].names},
        "reason": override.reason,
        "by": override.by,
        "until": override.until.isoformat(),
    }
    standing, change = in_tier(
        standing, rank, "override", override.starts_at, decider._replace(policy=policy), reasons
    )  # fmt: skip
    return standing._replace(overridden_until=override.until, promised_until=None), change


def after_override(
    standing: Standing, facts: Facts, at: datetime, month: date, decider: Decider, trigger: PrivilegeEnding
) -> TierStep:
    """The override is over: the customer is graded anew, as of its end. Where that gives the same tier no row begins,
    and from now on it stands on the figures like any other."""
    policy = decider.policy
    standing = standing._replace(overridden_until=None)
    rank = policy.grade_by(facts, month)
    same_ladder = standing.ladder == policy.ladder
    if same_ladder and rank == standing.rank:
        return standing, None
    kind: ChangeKind = "downgrade" if same_ladder and rank < standing.rank else "upgrade"
    return changed(standing, rank, kind, facts, at, month, decider, Cause(trigger))
