"""A review of one customer against a policy as of a date (T10): rises at once; falls only after the grace period."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.tiering_svc.core.domain.calendar import add_months
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import (
    Cause,
    Decider,
    Facts,
    TierChange,
    changed,
    earned_again,
    figures_of,
)

ReviewOutcome = Literal["placed", "up", "down", "grace", "kept", "overridden", "no_orders"]
MOVES = frozenset({"placed", "up", "down", "grace"})  # what a review lists as its movers


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """What a review decides about one customer."""

    standing: Standing
    outcome: ReviewOutcome
    graded: int  # the rank that the figures give
    change: TierChange | None = None


def review(
    standing: Standing, facts: Facts, as_of: datetime, month: date, decider: Decider, run_id: UUID
) -> ReviewDecision:
    """Decide one customer from its standing as of `as_of`, by the facts of the policy's window, which ends with
    `month`."""
    policy = decider.policy
    graded = policy.grade_by(facts, month)
    if standing.overridden_until is not None:
        return ReviewDecision(standing, "overridden", graded)
    if standing.tier is None and figures_of(facts).orders == 0 and not _is_placeable(policy, facts):
        return ReviewDecision(standing, "no_orders", graded)
    cause = Cause("review", run_id=run_id)
    if standing.tier is None or standing.ladder != policy.ladder:
        return ReviewDecision(
            *_moved(changed(standing, graded, "first", facts, as_of, month, decider, cause), "placed", graded)
        )
    if graded > standing.rank:
        return ReviewDecision(
            *_moved(changed(standing, graded, "upgrade", facts, as_of, month, decider, cause), "up", graded)
        )
    if graded == standing.rank:
        if standing.below_since is not None:
            standing = earned_again(standing, as_of)
        return ReviewDecision(standing, "kept", graded)
    if standing.below_since is None:
        until = add_months(as_of, policy.life.grace_months, decider.zone)
        standing = standing._replace(below_since=as_of, grace_until=until, recovered_at=None)
    assert standing.grace_until is not None
    if as_of < max(standing.grace_until, standing.kept_until or standing.grace_until):
        return ReviewDecision(standing, "grace", graded)
    return ReviewDecision(
        *_moved(changed(standing, graded, "downgrade", facts, as_of, month, decider, cause), "down", graded)
    )


def _is_placeable(policy: Policy, facts: Facts) -> bool:
    """T4: whether the policy places who never ordered, by a potential that is known."""
    return isinstance(facts, CustomerSnapshot) and policy.can_place_prospect(facts)


def _moved(
    step: tuple[Standing, TierChange], outcome: ReviewOutcome, graded: int
) -> tuple[Standing, ReviewOutcome, int, TierChange]:
    standing, change = step
    return standing, outcome, graded, change
