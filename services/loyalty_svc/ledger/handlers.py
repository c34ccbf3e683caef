"""Wallets of whomever another service knows, and the one way a change of wallets is saved."""

from collections.abc import Iterable, Sequence

from services.loyalty_svc.ledger.domain.entries import points_posted_events
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.ledger.repository.wallets import open_wallets, save_wallets
from shared.events import CustomerReferenceRegistered, CustomerRegistered
from shared.messaging import Transaction, announce


async def when_references_are_registered_open_wallets(
    tx: Transaction, registered: Sequence[CustomerReferenceRegistered]
) -> None:
    """A source's reference for a customer may be heard before the customer's file."""
    await open_wallets(tx, (event.customer_id for event in registered))


async def when_customers_are_registered_open_wallets(tx: Transaction, registered: Sequence[CustomerRegistered]) -> None:
    """Whoever has a file has a wallet; opening one twice is opening it once (K8)."""
    await open_wallets(tx, (event.customer_id for event in registered))


async def save_and_announce(tx: Transaction, wallets: Iterable[Wallet]) -> None:
    """Write all that the wallets did in one statement, and announce each entry as `PointsPosted`."""
    announce(tx, points_posted_events(await save_wallets(tx, wallets), tx.at))
