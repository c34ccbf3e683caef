"""What is changed by hand: adjustments and transfers, and settlements that wait for a second person here."""

from uuid import UUID

from services.loyalty_svc.adjustments import repository
from services.loyalty_svc.adjustments.domain import Adjustment, decide_alone, grant_settlement
from services.loyalty_svc.ledger.domain.entries import Cause, Entry
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.handlers import load_wallet_to_spend, save_and_announce
from services.loyalty_svc.ledger.repository.wallets import load_wallet, lock_connected, lock_customers
from services.loyalty_svc.programmes.domain import Programme
from services.loyalty_svc.programmes.repository import load_programmes
from shared.authority import person_id
from shared.authority.locks import lock_sums
from shared.customers import list_members, list_roots
from shared.errors import invalid, not_found
from shared.messaging import Transaction
from shared.messaging.ids import new_id


async def adjust_points(tx: Transaction, customer_id: UUID, points: int, reason: str, subject: str) -> Adjustment:
    """Posted at once within all limits; beyond one of them it waits for another person."""
    await lock_connected(tx, [customer_id])
    await load_wallet(tx, customer_id)
    programme = await _load_programme(tx)
    day = tx.at.astimezone(programme.zone).date()
    adjustment = Adjustment(new_id(), customer_id, points, reason, subject, person_id(subject), day)
    return await _request(tx, adjustment, programme)


async def transfer_points(
    tx: Transaction, sender: UUID, recipient: UUID, points: int, subject: str, *, reason: str
) -> Adjustment:
    """From one customer to another; the points keep their expiry. Beyond a limit it waits for another person."""
    if sender == recipient:
        raise invalid("same_customer", "A transfer needs two different customers.", pointer="/to")
    if not await lock_connected(tx, (sender, recipient)):
        await lock_customers(tx, (sender, recipient))
    if len(set((await list_roots(tx, (sender, recipient))).values())) == 1:
        raise invalid("same_customer", "The two were found to be one customer.", pointer="/to")
    for customer in (sender, recipient):
        await load_wallet(tx, customer)
    programme = await _load_programme(tx)
    day = tx.at.astimezone(programme.zone).date()
    transfer = Adjustment(
        new_id(), sender, -points, reason, subject, person_id(subject), day, kind="transfer", to_customer=recipient
    )
    return await _request(tx, transfer, programme)


async def approve_adjustment(tx: Transaction, adjustment_id: UUID, subject: str) -> Adjustment:
    """Post a pending adjustment. 403 `own_approval` for whoever asked for it."""
    adjustment = await _load_adjustment(tx, adjustment_id)
    adjustment.approve(subject)
    await _post_if_decided(tx, adjustment)
    return adjustment


async def reject_adjustment(tx: Transaction, adjustment_id: UUID, subject: str) -> Adjustment:
    """End a pending adjustment without posting it; whoever asked for it may withdraw it so."""
    adjustment = await _load_adjustment(tx, adjustment_id)
    adjustment.reject(subject)
    await repository.save_adjustment(tx, adjustment, None)
    return adjustment


async def _request(tx: Transaction, adjustment: Adjustment, programme: Programme) -> Adjustment:
    customers = [id for id in (adjustment.customer_id, adjustment.to_customer) if id is not None]
    person, limits = adjustment.requester_id, programme.limits
    members = await list_members(tx, customers)  # limits of a customer count over all who are one, root first
    await lock_sums(tx, [("day", str(person)), *(("customer", str(ids[0])) for ids in members.values())])
    given = await repository.sum_given_alone(
        tx, person, list(members.values()), adjustment.counted_on, limits.customer_days
    )
    decide_alone(adjustment, given, limits)
    await _post_if_decided(tx, adjustment)
    return adjustment


async def _load_adjustment(tx: Transaction, adjustment_id: UUID) -> Adjustment:
    customers = await repository.find_customers_of_adjustment(tx, adjustment_id)
    if not customers:
        raise not_found("adjustment_not_found", "There is no such adjustment.")
    if not await lock_connected(tx, customers):
        await lock_customers(tx, customers)  # the customers' locks come first, as everywhere
    return await repository.load_adjustment(tx, adjustment_id)


async def _load_programme(tx: Transaction) -> Programme:
    return (await load_programmes(tx, [tx.at])).at(tx.at)


async def _post_if_decided(tx: Transaction, adjustment: Adjustment) -> None:
    entry = None
    if adjustment.state == "posted":
        post = {"adjustment": _post_adjustment, "transfer": _post_transfer, "settlement": _post_settlement}
        entry = await post[adjustment.kind](tx, adjustment)
    await repository.save_adjustment(tx, adjustment, None if entry is None else entry.id)


async def _post_adjustment(tx: Transaction, adjustment: Adjustment) -> Entry:
    wallet, *lenders = await load_wallet_to_spend(tx, adjustment.customer_id, -adjustment.points, adjustment.decided_by)
    expires_at = (await _load_programme(tx)).expires_at(tx.at)
    entry = wallet.adjust(adjustment.points, LotTerms(tx.at, expires_at), tx.at, _cause(tx, adjustment))
    await save_and_announce(tx, [wallet, *lenders])
    return entry


async def _post_transfer(tx: Transaction, transfer: Adjustment) -> Entry:
    assert transfer.to_customer is not None  # it is a transfer
    sender, recipient = transfer.customer_id, transfer.to_customer
    wallet, *lenders = await load_wallet_to_spend(tx, sender, -transfer.points, transfer.decided_by)
    wallets = {w.customer_id: w for w in (wallet, *lenders)}
    if recipient not in wallets:  # it lends itself what it gets, where the two became one before the approval
        wallets[recipient] = await load_wallet(tx, recipient)
    cause = _cause(tx, transfer)  # both entries carry the transfer's id
    sent, parts = wallets[sender].transfer(-transfer.points, tx.at, cause)
    wallets[recipient].receive_transfer(parts, cause)
    await save_and_announce(tx, wallets.values())
    return sent


async def _post_settlement(tx: Transaction, settlement: Adjustment) -> Entry:
    """As it would have been granted when the case was resolved."""
    assert settlement.occurred_at is not None  # it is a settlement
    wallet = await load_wallet(tx, await repository.find_holder(tx, settlement.id))
    entry = grant_settlement(settlement, wallet, await load_programmes(tx, [settlement.occurred_at]))
    await save_and_announce(tx, [wallet])
    return entry


def _cause(tx: Transaction, adjustment: Adjustment) -> Cause:
    return Cause(tx.at, fact_id=adjustment.id, reason=adjustment.reason, actor=adjustment.decided_by)
