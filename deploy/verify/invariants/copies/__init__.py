"""Copies that services keep of one another's facts, and rows they make from their own: as the owner has them, both
ways."""

from deploy.verify.invariant import Invariant
from deploy.verify.invariants.copies import (
    files,
    intake_log,
    merges,
    overview,
    people,
    references,
    standing,
    teams,
    trail,
    upkeep,
)

INVARIANTS: tuple[Invariant, ...] = (
    *references.INVARIANTS,
    *merges.INVARIANTS,
    *intake_log.INVARIANTS,
    *files.INVARIANTS,
    *teams.INVARIANTS,
    *people.INVARIANTS,
    *overview.INVARIANTS,
    *standing.INVARIANTS,
    *trail.INVARIANTS,
    *upkeep.INVARIANTS,
)
