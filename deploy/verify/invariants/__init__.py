"""All invariants, one file a topic, in the order in which `patron verify` tells them."""

from deploy.verify.invariant import Invariant
from deploy.verify.invariants import (
    accounts,
    assessments,
    cases,
    indicators,
    ledger,
    marks,
    orders,
    overview,
    personal_data,
    policies,
    reviews,
    streams,
    tiers,
    timers,
    told,
    warnings,
)

INVARIANTS: tuple[Invariant, ...] = (
    *streams.INVARIANTS,
    *marks.INVARIANTS,
    *indicators.INVARIANTS,
    *told.INVARIANTS,
    *orders.INVARIANTS,
    *ledger.INVARIANTS,
    *tiers.INVARIANTS,
    *policies.INVARIANTS,
    *reviews.INVARIANTS,
    *accounts.INVARIANTS,
    *cases.INVARIANTS,
    *timers.INVARIANTS,
    *warnings.INVARIANTS,
    *assessments.INVARIANTS,
    *overview.INVARIANTS,
    *personal_data.INVARIANTS,
)
