"""What comes back of a redemption that is reversed (K10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import LotPart
from services.loyalty_svc.ledger.domain.holds import split_parts
from shared.errors import conflict, invalid


@dataclass(frozen=True, slots=True)
class SpentLot:
    """Points that a redemption consumed of one lot, and how many of them came back before."""

    lot_id: UUID
    points: int
    reversed: int


def parts_to_reverse(spent_lots: Sequence[SpentLot], points: int | None) -> tuple[LotPart, ...]:
    """The parts that come back now: all that is left (`points` is None) or so many points, the last taken first.

    `spent_lots` in the order they were taken. 409 `already_reversed` when nothing is left; 422 `points_out_of_range`.
    """
    left = [(lot.lot_id, lot.points - lot.reversed) for lot in reversed(spent_lots) if lot.points > lot.reversed]
    total = sum(part for _, part in left)
    if not total:
        raise conflict("already_reversed", "All points of the redemption were given back before.")
    if points is None:
        return tuple(left)
    if not 0 < points <= total:
        detail = f"Between 1 and {total} points of the redemption can be given back."
        raise invalid("points_out_of_range", detail, pointer="/points", left=total)
    return split_parts(left, points)[0]
