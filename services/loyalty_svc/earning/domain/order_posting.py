"""Settling an order: what it is worth now, less what was posted for it, is posted. Twice is as good as once (K8)."""

from datetime import datetime

from services.loyalty_svc.earning.domain.order_points import EarningOrder, points_of
from services.loyalty_svc.ledger.domain.entries import Cause, Entry
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.programmes.domain import Programme


def settle(
    order: EarningOrder, wallet: Wallet, programme: Programme, tier: str | None, at: datetime, cause: Cause
) -> Entry | None:
    """Bring the ledger to what the order is worth. None when it is there already."""
    worth = points_of(order, programme, tier)
    difference = worth - order.posted
    if difference == 0:
        return None
    order.posted = worth
    if difference < 0:
        return wallet.reverse(-difference, order.order_id, order.lots, at, cause)
    terms = LotTerms(order.placed_at, programme.expires_at(order.placed_at), order.order_id)
    entry = wallet.earn(difference, terms, cause)
    order.lots.append(entry.id)  # a lot that one earning makes has the entry's id
    return entry


def points_to_take(order: EarningOrder, programme: Programme, tier: str | None) -> int:
    """How many points settling would take back: the lots to load before it."""
    return max(0, order.posted - points_of(order, programme, tier))
