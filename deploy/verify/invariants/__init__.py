"""All invariants, one file a subject, in the order in which `patron verify` prints them."""

from deploy.verify.invariant import Invariant
from deploy.verify.invariants import (
    assessments,
    complaints,
    external_facts,
    indicators,
    key_accounts,
    orders,
    overview,
    personal_data,
    points,
    policies,
    positions,
    reviews,
    rule_sets,
    schedules,
    streams,
    tiers,
    timers,
    warnings,
)

INVARIANTS: tuple[Invariant, ...] = (
    *streams.INVARIANTS,
    *positions.INVARIANTS,
    *indicators.INVARIANTS,
    *external_facts.INVARIANTS,
    *orders.INVARIANTS,
    *points.INVARIANTS,
    *tiers.INVARIANTS,
    *policies.INVARIANTS,
    *rule_sets.INVARIANTS,
    *reviews.INVARIANTS,
    *schedules.INVARIANTS,
    *key_accounts.INVARIANTS,
    *complaints.INVARIANTS,
    *timers.INVARIANTS,
    *warnings.INVARIANTS,
    *assessments.INVARIANTS,
    *overview.INVARIANTS,
    *personal_data.INVARIANTS,
)
