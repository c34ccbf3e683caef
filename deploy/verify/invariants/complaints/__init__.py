"""Complaints: every case is what its history says, and every deadline what its rules, calendar and pauses make of it.

When an answer was due is worked out here a second time, by cumulative working time instead of day by day.
"""

from deploy.verify.invariant import Invariant
from deploy.verify.invariants.complaints import (
    announcements,
    cases,
    deadlines,
    due_instants,
    ends,
    escalation_instants,
)

INVARIANTS: tuple[Invariant, ...] = (
    *cases.INVARIANTS,
    *announcements.INVARIANTS,
    *deadlines.INVARIANTS,
    *ends.INVARIANTS,
    *due_instants.INVARIANTS,
    *escalation_instants.INVARIANTS,
)
