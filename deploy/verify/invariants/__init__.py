"""All invariants, one file a subject, in the order in which `patron verify` prints them."""

from deploy.verify.invariant import Invariant
from deploy.verify.invariants import (
    assessments,
    cases,
    external_facts,
    indicators,
    key_accounts,
    ledger,
    orders,
    overview,
    personal_data,
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
    *ledger.INVARIANTS,
    *tiers.INVARIANTS,
    *policies.INVARIANTS,
    *rule_sets.INVARIANTS,
    *reviews.INVARIANTS,
    *schedules.INVARIANTS,
    *key_accounts.INVARIANTS,
    *cases.INVARIANTS,
    *timers.INVARIANTS,
    *warnings.INVARIANTS,
    *assessments.INVARIANTS,
    *overview.INVARIANTS,
    *personal_data.INVARIANTS,
)
