"""Which lots a redemption consumed, and how much of each came back."""

from collections.abc import Sequence
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import LotPart
from services.loyalty_svc.ledger.tables import spent_lot
from services.loyalty_svc.redemptions.domain import SpentLot
from shared.errors import DomainError, not_found
from shared.messaging import Transaction
from shared.sql import unnest


def redemption_not_found() -> DomainError:
    """The one answer for what is no redemption, and for another customer's."""
    return not_found("redemption_not_found", "The customer has no such redemption.")


REVERSE_PARTS = f"""
update spent_lot set reversed = reversed + given.points
from {unnest("given", first=2, lot_id=spent_lot.c.lot_id, points=spent_lot.c.points)}
where spent_lot.entry_id = $1 and spent_lot.lot_id = given.lot_id
"""


async def find_customer_of_redemption(tx: Transaction, members: Sequence[UUID], entry_id: UUID) -> UUID:
    """Which of these customers a redemption is of. 404 `redemption_not_found`."""
    customer_id: UUID | None = await tx.raw.fetchval(
        """select customer_id from entry where id = $1 and customer_id = any($2::uuid[])""", entry_id, list(members)
    )
    if customer_id is None:
        raise redemption_not_found()
    return customer_id


async def load_spent_lots(tx: Transaction, customer_id: UUID, entry_id: UUID) -> list[SpentLot]:
    """The lots a redemption of this customer consumed, in the order they were taken. 404 `redemption_not_found`."""
    rows = await tx.raw.fetch(
        """select lot_id, s.points, reversed from entry e join spent_lot s on s.entry_id = e.id
           where e.id = $1 and e.customer_id = $2 order by position""",
        entry_id, customer_id,
    )  # fmt: skip
    if not rows:
        raise redemption_not_found()
    return [SpentLot(row["lot_id"], row["points"], row["reversed"]) for row in rows]


async def save_reversed_parts(tx: Transaction, entry_id: UUID, parts: Sequence[LotPart]) -> None:
    """Count these parts of a redemption as given back."""
    await tx.raw.execute(REVERSE_PARTS, entry_id, [lot_id for lot_id, _ in parts], [points for _, points in parts])
