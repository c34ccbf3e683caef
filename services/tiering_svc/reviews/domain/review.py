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
class Reviewed:
    standing: Standing
    outcome: ReviewOutcome
    graded: int  # the rank that the figures give
    change: TierChange | None = None


def review(standing: Standing, known: CustomerSnapshot, as_of: datetime, rules: Rules, run_id: UUID) -> Reviewed:
    """Decide one customer by what is known of it, in the policy's window as of `as_of`."""
    policy = rules.active
    graded = policy.assess(known).rank
    if standing.since is not None and standing.since > as_of:
        return Reviewed(standing, "later", graded)  # what was decided for a later date stands
    if standing.overridden_until is not None:
        return Reviewed(standing, "overridden", graded)
    if standing.tier is None and known.figures.orders == 0:
        return Reviewed(standing, "no_orders", graded)
    if standing.tier is None or standing.ladder != policy.ladder:
        return _move(standing, "placed", graded, known, as_of, rules, run_id)
    if graded > standing.rank:
        return _move(standing, "up", graded, known, as_of, rules, run_id)
    if graded == standing.rank:
        if standing.below_since is not None:
            standing = standing._replace(below_since=None, grace_until=None, recovered_at=as_of)
        return Reviewed(standing, "kept", graded)
    if standing.below_since is None:
        until = add_months(as_of, policy.life.grace_months, rules.zone)
        standing = standing._replace(below_since=as_of, grace_until=until, recovered_at=None)
    assert standing.grace_until is not None
    kept_until = max(standing.grace_until, standing.kept_until or standing.grace_until)
    if as_of < kept_until:
        return Reviewed(standing, "grace", graded)
    return _move(standing, "down", graded, known, as_of, rules, run_id)


def _move(
    standing: Standing, outcome: Literal["placed", "up", "down"], rank: int, known: CustomerSnapshot, as_of: datetime,
    rules: Rules, run_id: UUID,
) -> Reviewed:  # fmt: skip
    kinds: dict[str, Literal["first", "upgrade", "downgrade"]] = {
        "placed": "first",
        "up": "upgrade",
        "down": "downgrade",
    }
    reasons = reasons_of(rules.active, known, known.last_month, rank, trigger="review", run_id=run_id)
    now, change = changed(standing, rules.active, rank, kinds[outcome], as_of, rules, reasons, run_id=run_id)
    return Reviewed(now, outcome, rank, change)
