"""Wallets of whomever another service knows, how wallets of one customer help each other out, and the one way a change
of wallets is saved."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from services.loyalty_svc.ledger.domain.borrowing import Borrowing, shares_by_expiry
from services.loyalty_svc.ledger.domain.entries import Cause, points_posted_events
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.ledger.repository.borrowings import (
    add_borrowings,
    load_borrowings,
    load_debts,
    save_borrowings,
)
from services.loyalty_svc.ledger.repository.wallets import (
    load_first_lots,
    load_lots,
    load_wallet,
    load_wallets,
    lock_connected,
    open_wallets,
    save_wallets,
)
from shared.customers import list_members
from shared.errors import conflict
from shared.events import CustomerReferenceRegistered, CustomerRegistered
from shared.messaging import Transaction, announce
from shared.messaging.ids import new_id


async def when_references_are_registered_open_wallets(
    tx: Transaction, registered: Sequence[CustomerReferenceRegistered]
) -> None:
    """A source's reference for a customer may be heard before the customer's file."""
    await open_wallets(tx, (event.customer_id for event in registered))


async def when_customers_are_registered_open_wallets(tx: Transaction, registered: Sequence[CustomerRegistered]) -> None:
    """Whoever has a file has a wallet; opening one twice is opening it once (K8)."""
    await open_wallets(tx, (event.customer_id for event in registered))


async def load_wallet_to_spend(
    tx: Transaction, customer_id: UUID, points: int, actor: str | None, seen: Collection[UUID] | None = None
) -> list[Wallet]:
    """The wallet to spend so many points of, locked with what it needs; and those that lend it what it lacks.

    Of a merged customer the named wallet's own points come first, then those of its other members by expiry, as far as
    whoever asks sees them (`seen`; None: all). All of them are to be saved. 409 `not_enough_points` when all together
    have fewer; a wallet alone says so itself when it is asked.
    """
    merged = await lock_connected(tx, [customer_id])
    wallet = await load_wallet(tx, customer_id)
    await load_first_lots(tx, {customer_id: wallet}, {customer_id: points})
    if not merged:
        return [wallet]
    wallet.expire_overdue(tx.at)
    members = (await list_members(tx, [customer_id]))[customer_id]
    others = [id for id in members if id != customer_id and (seen is None or id in seen)]
    missing = points - wallet.available
    if missing <= 0 or not others:
        return [wallet]
    lenders = await load_wallets(tx, others)
    await load_first_lots(tx, lenders, dict.fromkeys(lenders, missing))
    shares = shares_by_expiry({id: lender.lots.values() for id, lender in lenders.items()}, missing, tx.at)
    if sum(shares.values()) < missing:
        available = wallet.available + sum(shares.values())
        raise conflict("not_enough_points", f"Only {available} points can be spent.", available=available)
    for lender_id, share in shares.items():
        await _borrow(tx, wallet, lenders[lender_id], share, actor)
    return [wallet, *(lenders[lender_id] for lender_id in shares)]


async def _borrow(tx: Transaction, wallet: Wallet, lender: Wallet, points: int, actor: str | None) -> None:
    loan_id = new_id()
    cause = Cause(tx.at, fact_id=loan_id, actor=actor)  # both entries carry the loan's id
    _, parts = lender.lend(points, tx.at, cause)
    terms = [(LotTerms(lender.lots[lot_id].earned_at, lender.lots[lot_id].expires_at), part) for lot_id, part in parts]
    lots = wallet.borrow(terms, cause)
    await add_borrowings(
        tx,
        [
            Borrowing(loan_id, position, lender.customer_id, wallet.customer_id, lot_id, lot.id, part)
            for position, ((lot_id, part), lot) in enumerate(zip(parts, lots, strict=True))
        ],
    )


async def load_lots_to_restore(tx: Transaction, wallet: Wallet, lot_ids: Sequence[UUID]) -> None:
    """Load the lots that points go back to, and what is outstanding of them where they were borrowed. The wallet and
    those connected with it are locked."""
    await load_lots_of_all_to_restore(tx, {wallet.customer_id: wallet}, lot_ids)


async def load_lots_of_all_to_restore(tx: Transaction, wallets: Mapping[UUID, Wallet], lot_ids: Sequence[UUID]) -> None:
    """As `load_lots_to_restore`, into several wallets at once."""
    await load_lots(tx, wallets, lot_ids)
    await load_borrowings(tx, wallets, lot_ids)


async def save_and_announce(tx: Transaction, wallets: Iterable[Wallet]) -> None:
    """Write all that the wallets did in one statement, and announce each entry as `PointsPosted`.

    Before, what they give back reaches its lenders, and of what they earned they repay what they borrowed of customers
    that are not one with them any more.
    """
    changed = {wallet.customer_id: wallet for wallet in wallets}
    await _give_back(tx, changed)
    await _repay(tx, changed)
    announce(tx, points_posted_events(await save_wallets(tx, changed.values()), tx.at))


async def _give_back(tx: Transaction, wallets: dict[UUID, Wallet]) -> None:
    givers = [wallet for wallet in wallets.values() if wallet.given_back]
    if not givers:
        return
    loans = [loan for wallet in givers for loan in wallet.given_back]
    await _add_wallets(tx, wallets, (loan.lender_id for loan in loans))
    await load_lots(tx, wallets, [lot_id for loan in loans for lot_id, _ in loan.parts])
    for loan in loans:
        wallets[loan.lender_id].take_back(loan, tx.at, Cause(tx.at, fact_id=loan.loan_id))
    await save_borrowings(tx, [b for wallet in givers for b in wallet.borrowings.values()])


async def _repay(tx: Transaction, wallets: dict[UUID, Wallet]) -> None:
    earners = {id: earned for id, wallet in wallets.items() if (earned := wallet.earned_now())}
    debts = await load_debts(tx, earners) if earners else []
    if not debts:
        return
    await _add_wallets(tx, wallets, (debt.lender_id for debt in debts))
    for (loan_id, borrower_id, lender_id), points in _repayments(debts, earners).items():
        cause = Cause(tx.at, fact_id=loan_id)
        parts = wallets[borrower_id].repay(points, cause)
        wallets[lender_id].receive_repayment(parts, cause)
    await save_borrowings(tx, debts)


def _repayments(debts: Sequence[Borrowing], earned: Mapping[UUID, int]) -> dict[tuple[UUID, UUID, UUID], int]:
    left = dict(earned)
    repayments: dict[tuple[UUID, UUID, UUID], int] = {}
    for debt in debts:
        points = debt.take(left[debt.borrower_id])
        if points:
            left[debt.borrower_id] -= points
            loan = (debt.loan_id, debt.borrower_id, debt.lender_id)
            repayments[loan] = repayments.get(loan, 0) + points
    return repayments


async def _add_wallets(tx: Transaction, wallets: dict[UUID, Wallet], customers: Iterable[UUID]) -> None:
    missing = set(customers) - wallets.keys()
    if missing:
        wallets |= await load_wallets(tx, missing)
