"""What wallets of one customer lent each other, loaded and saved under the borrower's lock, and summed up."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from asyncpg import Record

from services.loyalty_svc.ledger.domain.borrowing import Borrowing
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.ledger.tables import borrowing
from shared.customers import list_roots
from shared.messaging import Transaction
from shared.sql import insert_many, update_columns

COLUMNS = "loan_id, position, lender_id, borrower_id, lender_lot, borrower_lot, points, returned"


async def add_borrowings(tx: Transaction, borrowings: Sequence[Borrowing]) -> None:
    """Record what was borrowed just now."""
    await insert_many(tx, borrowing, borrowings)


async def load_borrowings(tx: Transaction, wallets: Mapping[UUID, Wallet], lot_ids: Iterable[UUID]) -> None:
    """Load into each wallet what is outstanding of the loans that these of its lots came from."""
    rows = await tx.raw.fetch(
        f"select {COLUMNS} from borrowing where borrower_lot = any($1::uuid[]) and outstanding", list(lot_ids)
    )
    for row in rows:
        if row["borrower_id"] in wallets:
            wallets[row["borrower_id"]].borrowings[row["borrower_lot"]] = _borrowing(row)


async def load_debts(tx: Transaction, borrowers: Iterable[UUID]) -> list[Borrowing]:
    """What these customers have to repay, the oldest loan first: to lenders that are not one with them any more."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from borrowing where borrower_id = any($1::uuid[]) and outstanding
            order by loan_id, position""",
        list(borrowers),
    )  # fmt: skip
    return await _between_two(tx, [_borrowing(row) for row in rows])


async def save_borrowings(tx: Transaction, changed: Sequence[Borrowing]) -> None:
    """Store what came back."""
    if changed:
        columns: dict[str, list[Any]] = {
            "loan_id": [b.loan_id for b in changed],
            "position": [b.position for b in changed],
            "returned": [b.returned for b in changed],
        }
        await update_columns(tx, borrowing, columns, key=("loan_id", "position"))


async def sum_debts_between(tx: Transaction, members: Sequence[UUID]) -> tuple[int, int]:
    """(what these customers have to repay to others, what others have to repay to them), in points."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from borrowing where borrower_id = any($1::uuid[]) and outstanding
            union all
            select {COLUMNS} from borrowing where lender_id = any($1::uuid[]) and outstanding
                and borrower_id <> all($1::uuid[])""",
        list(members),
    )  # fmt: skip
    debts = await _between_two(tx, [_borrowing(row) for row in rows])
    owed = sum(debt.outstanding for debt in debts if debt.borrower_id in members)
    return owed, sum(debt.outstanding for debt in debts if debt.lender_id in members)


async def _between_two(tx: Transaction, borrowings: Sequence[Borrowing]) -> list[Borrowing]:
    if not borrowings:
        return []
    roots = await list_roots(tx, {id for b in borrowings for id in (b.lender_id, b.borrower_id)})
    return [b for b in borrowings if roots[b.lender_id] != roots[b.borrower_id]]


def _borrowing(row: Record) -> Borrowing:
    return Borrowing(**dict(row))
