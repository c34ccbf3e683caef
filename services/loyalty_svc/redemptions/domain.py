"""What comes back of a redemption that is reversed (K10)."""

from collections.abc import Sequence
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import Part
from services.loyalty_svc.ledger.domain.holds import split
from shared.errors import conflict, invalid


def parts_to_give_back(spent: Sequence[tuple[UUID, int, int]], points: int | None) -> tuple[Part, ...]:
    """Of a redemption's (lot, spent, given back before): what comes back now, the last taken first (K10)."""
    left = [(lot_id, points_spent - back) for lot_id, points_spent, back in reversed(spent) if points_spent > back]
    total = sum(part for _, part in left)
    if not total:
        raise conflict("already_given_back", "all points of the redemption were given back")
    if points is None:
        return tuple(left)
    if not 0 < points <= total:
        raise invalid("points_out_of_range", f"{total} points can be given back", pointer="/points", left=total)
    return split(left, points)[0]
