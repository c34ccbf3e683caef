"""Posting an order: what it is worth now, less what was posted for it. Twice is as good as once (K8)."""

from datetime import datetime

from services.loyalty_svc.earning.domain.order_points import EarningOrder, points_for_order
from services.loyalty_svc.ledger.domain.entries import Cause, Entry
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.programmes.domain import Programme


def post_difference(
    order: EarningOrder, wallet: Wallet, programme: Programme, tier: str | None, at: datetime, cause: Cause
) -> Entry | None:
    """Bring the ledger to what the order is worth, by one entry that earns or reverses. None when it is there already.

    Before it reverses, the wallet needs the lots that `points_to_reverse` asks for.
    """
    worth = points_for_order(order, programme, tier)
    difference = worth - order.posted
    if difference == 0:
        return None
    order.posted = worth
    if difference < 0:
        return wallet.reverse_earning(-difference, order.lots, at, cause)
    terms = LotTerms(order.placed_at, programme.expires_at(order.placed_at), order.order_id)
    entry = wallet.earn(difference, terms, cause)
    order.lots.append(entry.id)  # a lot that one earning makes has the entry's id
    return entry


def points_to_reverse(order: EarningOrder, programme: Programme, tier: str | None) -> int:
    """How many points posting the order would take back, 0 or more: for so many its lots have to be loaded before."""
    return max(0, order.posted - points_for_order(order, programme, tier))
