"""Which lots a redemption consumed, and how much of each came back."""

from collections.abc import Sequence
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import Part
from shared.errors import not_found
from shared.messaging import Transaction


async def load_spent(tx: Transaction, customer_id: UUID, entry_id: UUID) -> list[tuple[UUID, int, int]]:
    """(lot, points, given back) of a redemption of this customer, in the order they were taken."""
    rows = await tx.raw.fetch(
        """select lot_id, s.points, given_back from entry e join spent_lot s on s.entry_id = e.id
           where e.id = $1 and e.customer_id = $2 order by place""",
        entry_id, customer_id,
    )  # fmt: skip
    if not rows:
        raise not_found("redemption_not_found")
    return [(row["lot_id"], row["points"], row["given_back"]) for row in rows]


async def save_given_back(tx: Transaction, entry_id: UUID, parts: Sequence[Part]) -> None:
    await tx.raw.execute(
        """update spent_lot s set given_back = given_back + t.points
           from unnest($2::uuid[], $3::bigint[]) as t(lot_id, points) where entry_id = $1 and s.lot_id = t.lot_id""",
        entry_id, [lot_id for lot_id, _ in parts], [points for _, points in parts],
    )  # fmt: skip
