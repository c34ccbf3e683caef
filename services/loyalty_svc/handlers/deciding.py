"""What needs a reason or a second person: adjustments, longer life for points, a new version of the programme."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.loyalty_svc.domain.adjustments import Adjustment, request_adjustment
from services.loyalty_svc.domain.ledger import Cause, announced
from services.loyalty_svc.domain.lots import LotTerms
from services.loyalty_svc.domain.programme import Programme, programme_from
from services.loyalty_svc.repository import spending, terms, wallets
from shared.errors import conflict, invalid, not_found
from shared.messaging import Transaction, announce
from shared.messaging.ids import new_id


async def adjust_points(
    tx: Transaction, customer_id: UUID, points: int, reason: str, subject: str, *, limit: int
) -> Adjustment:
    """Posted at once up to the limit; above it, it waits for another person."""
    await wallets.load_wallet(tx, customer_id)
    adjustment = request_adjustment(new_id(), customer_id, points, reason, subject, limit=limit)
    await _post_if_decided(tx, adjustment)
    return adjustment


async def approve_adjustment(tx: Transaction, adjustment_id: UUID, subject: str) -> Adjustment:
    adjustment = await _load(tx, adjustment_id)
    adjustment.approve(subject)
    await _post_if_decided(tx, adjustment)
    return adjustment


async def refuse_adjustment(tx: Transaction, adjustment_id: UUID, subject: str) -> Adjustment:
    adjustment = await _load(tx, adjustment_id)
    adjustment.refuse(subject)
    await spending.save_adjustment(tx, adjustment, None)
    return adjustment


async def _load(tx: Transaction, adjustment_id: UUID) -> Adjustment:
    """The customer's lock first, as everywhere."""
    customer = await spending.find_customer_of_adjustment(tx, adjustment_id)
    if customer is None:
        raise not_found("adjustment_not_found")
    await wallets.lock_customers(tx, [customer])
    return await spending.load_adjustment(tx, adjustment_id)


async def _post_if_decided(tx: Transaction, adjustment: Adjustment) -> None:
    entry_id = None
    if adjustment.state == "posted":
        purse = await wallets.load_wallet(tx, adjustment.customer_id)
        await wallets.load_first_lots(tx, {purse.customer_id: purse}, {purse.customer_id: -adjustment.points})
        ends = (await terms.load_programmes(tx)).at(tx.at).expires_at(tx.at)
        cause = Cause(tx.at, fact_id=adjustment.id, reason=adjustment.reason, actor=adjustment.decided_by)
        entry_id = purse.adjust(adjustment.points, LotTerms(tx.at, ends), tx.at, cause).id
        announce(tx, announced(await wallets.save_wallets(tx, [purse]), tx.at))
    await spending.save_adjustment(tx, adjustment, entry_id)


async def extend_lot(
    tx: Transaction, customer_id: UUID, lot_id: UUID, expires_at: datetime, reason: str, subject: str
) -> None:
    """Let points live longer. What has expired stays expired; nothing is made to end sooner."""
    purse = await wallets.load_wallet(tx, customer_id)
    await wallets.load_lots(tx, {customer_id: purse}, [lot_id])
    lot = purse.lots.get(lot_id)
    if lot is None:
        raise not_found("lot_not_found")
    if lot.is_over(tx.at) or not lot.remaining:
        raise conflict("nothing_to_extend", "the lot has no points that could live longer")
    if expires_at <= lot.expires_at:
        raise invalid("not_later", "an extension ends later than before", pointer="/expires_at")
    await spending.save_extension(tx, new_id(), lot_id, customer_id, lot.expires_at, expires_at, reason, subject)


async def add_programme(
    tx: Transaction, effective_from: datetime, stated: Mapping[str, Any], subject: str
) -> Programme:
    """A new version for orders placed from an instant on that has not passed: what was earned stays as it was."""
    await terms.lock_programmes(tx)
    newest = (await terms.load_programmes(tx)).newest()
    if effective_from < tx.at:
        raise invalid("in_the_past", "a programme begins now or later", pointer="/effective_from")
    if newest.effective_from is not None and effective_from < newest.effective_from:
        raise conflict("begins_before_the_newest", "a later version begins after the one before it")
    programme = programme_from(newest.version + 1, effective_from, stated, newest.zone)
    programme.check_countable()
    await terms.add_programme(tx, programme, subject)
    return programme
