"""All invariants, one file a topic, in the order in which `patron verify` tells them."""

from deploy.verify.invariant import Invariant
from deploy.verify.invariants import marks, personal_data, streams, timers

INVARIANTS: tuple[Invariant, ...] = (
    *streams.INVARIANTS,
    *marks.INVARIANTS,
    *timers.INVARIANTS,
    *personal_data.INVARIANTS,
)
