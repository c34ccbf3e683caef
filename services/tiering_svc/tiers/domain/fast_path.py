"""The fast path (T10): when sums of windows are enough to decide about a batch of a customer's orders.

Sums can only be added to, so they are right while orders come in order of time, and harmless where no order of the
batch could move the tier anyway. Everything else takes the exact path, over single orders (`OrderHistory`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, tzinfo

from services.tiering_svc.core.domain.calendar import first_month, month_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order import Order
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.tiers.domain.standing import Standing


def come_in_order(standing: Standing, newest_at: datetime | None, orders: Sequence[Order]) -> bool:
    """Whether no order is older than one counted before it (or the open row began later than both). `newest_at`: the
    newest order that counts already."""
    since = standing.since
    for order in orders:
        placed_at = order.placed_at
        start = placed_at if since is None or placed_at > since else since
        if newest_at is not None and newest_at > start:
            return False
        if newest_at is None or placed_at > newest_at:
            newest_at = placed_at
    return True


def nothing_can_move(
    standing: Standing,
    windows: Mapping[date, Figures],
    newest_at: datetime | None,
    orders: Sequence[Order],
    policy: Policy,
    zone: tzinfo,
) -> bool:
    """Whether even all of these orders together do not earn more: then it is no matter which came first.

    Holds where one more order never lowers the grade, and one window reaches to the newest order there is.
    """
    if standing.tier is None or standing.below_since is not None:
        return False
    if standing.rank >= policy.top or standing.ladder != policy.ladder or standing.overridden_until is not None:
        return True
    if not policy.monotone or len(windows) > 1 or (newest_at is not None and month_of(newest_at, zone) > max(windows)):
        return False
    for last, loaded in windows.items():
        figures = replace(loaded, monthly=dict(loaded.monthly))
        for order in orders:
            if first_month(last, policy.months) <= order.month <= last:
                figures.add(order)
        if policy.grade(figures, last) > standing.rank:
            return False
    return True
