"""Points: every order earned what it is worth, every entry has its cause and its postings, every lot its time.

What points are worth is worked out here a second time, in SQL written from the rules and not from loyalty's code.
"""

from deploy.verify.invariant import Invariant
from deploy.verify.invariants.points import causes, earning, holds, ledger, loans, lots, settlements

INVARIANTS: tuple[Invariant, ...] = (
    *earning.INVARIANTS,
    *ledger.INVARIANTS,
    *causes.INVARIANTS,
    *settlements.INVARIANTS,
    *lots.INVARIANTS,
    *holds.INVARIANTS,
    *loans.INVARIANTS,
)
