"""All invariants, one file a topic, in the order in which `patron verify` tells them."""

from deploy.verify.invariant import Invariant
from deploy.verify.invariants import (
    assessments,
    cases,
    indicators,
    ledger,
    marks,
    orders,
    overview,
    personal_data,
    streams,
    tiers,
    timers,
    told,
)

INVARIANTS: tuple[Invariant, ...] = (
    *streams.INVARIANTS,
    *marks.INVARIANTS,
    *indicators.INVARIANTS,
    *told.INVARIANTS,
    *orders.INVARIANTS,
    *ledger.INVARIANTS,
    *tiers.INVARIANTS,
    *cases.INVARIANTS,
    *timers.INVARIANTS,
    *assessments.INVARIANTS,
    *overview.INVARIANTS,
    *personal_data.INVARIANTS,
)
