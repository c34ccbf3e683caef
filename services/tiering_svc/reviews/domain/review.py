"""A review: every customer against the policy as of a date. Rises at once; falls only after the grace period (T10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.tiering_svc.core.domain.calendar import add_months
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.explanation import reasons_of
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import TierChange, changed

ReviewOutcome = Literal["placed", "up", "down", "grace", "kept", "later", "overridden", "no_orders"]
MOVES = frozenset({"placed", "up", "down", "grace"})  # what a review lists as its movers


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """What a review decides about one customer."""

    standing: Standing
    outcome: ReviewOutcome
    graded: int  # the rank that the figures give
    change: TierChange | None = None


def review(
    standing: Standing, snapshot: CustomerSnapshot, as_of: datetime, rules: Rules, run_id: UUID
) -> ReviewDecision:
    """Decide one customer from its standing, by its snapshot over the policy's window as of `as_of`."""
    policy = rules.active
    graded = policy.assess(snapshot).rank
    if standing.since is not None and standing.since > as_of:
        return ReviewDecision(standing, "later", graded)  # what was decided for a later date stands
    if standing.overridden_until is not None:
        return ReviewDecision(standing, "overridden", graded)
    if standing.tier is None and snapshot.figures.orders == 0:
        return ReviewDecision(standing, "no_orders", graded)
    if standing.tier is None or standing.ladder != policy.ladder:
        return _move(standing, "placed", graded, snapshot, as_of, rules, run_id)
    if graded > standing.rank:
        return _move(standing, "up", graded, snapshot, as_of, rules, run_id)
    if graded == standing.rank:
        if standing.below_since is not None:
            standing = standing._replace(below_since=None, grace_until=None, recovered_at=as_of)
        return ReviewDecision(standing, "kept", graded)
    if standing.below_since is None:
        until = add_months(as_of, policy.life.grace_months, rules.zone)
        standing = standing._replace(below_since=as_of, grace_until=until, recovered_at=None)
    assert standing.grace_until is not None
    kept_until = max(standing.grace_until, standing.kept_until or standing.grace_until)
    if as_of < kept_until:
        return ReviewDecision(standing, "grace", graded)
    return _move(standing, "down", graded, snapshot, as_of, rules, run_id)


def _move(
    standing: Standing, outcome: Literal["placed", "up", "down"], rank: int, snapshot: CustomerSnapshot,
    as_of: datetime, rules: Rules, run_id: UUID,
) -> ReviewDecision:  # fmt: skip
    kinds: dict[str, Literal["first", "upgrade", "downgrade"]] = {
        "placed": "first",
        "up": "upgrade",
        "down": "downgrade",
    }
    reasons = reasons_of(rules.active, snapshot, snapshot.last_month, rank, trigger="review", run_id=run_id)
    after, change = changed(standing, rules.active, rank, kinds[outcome], as_of, rules, reasons, run_id=run_id)
    return ReviewDecision(after, outcome, rank, change)
