"""The fast path (T10): while facts come in order of time, the standing that is kept is carried on, without the past.

`tier_life` is the truth; these functions say when a step from the kept standing gives the same, and take it. An order
that is older than something decided, a return, what a person sets: all that is folded from the facts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.tiering_svc.core.domain.calendar import first_month, month_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order import Order
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.indicators.domain.window_totals import WindowTotals
from services.tiering_svc.policies.domain.policy import Rules
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import DecidedStanding, Decider, TierChange, after_order

Snapshots = Mapping[datetime, CustomerSnapshot]


@dataclass(slots=True)
class OrderAccount:
    """A customer with its new orders, by time, and what each of them is decided by: sums of windows, or snapshots where
    the policy looks at more. `earlier` None: none of them can move the tier."""

    standing: Standing
    orders: Sequence[Order]
    earlier: WindowTotals | Snapshots | None
    first_known: datetime
    known_from: datetime  # when the newest of these facts had been recorded

    @property
    def customer_id(self) -> UUID:
        """Whose account it is."""
        return self.standing.customer_id


def come_in_order(standing: Standing, orders: Sequence[Order], first_known: datetime, rules: Rules) -> bool:
    """Whether each order is later than everything that is known of the customer, and graded by the policy in force.
    `orders`: by time."""
    newest_at = standing.folded_until
    for order in orders:
        if newest_at is not None and order.placed_at <= newest_at:
            return False
        newest_at = order.placed_at
    return _can_be_carried_on(standing, orders, first_known, rules)


def nothing_can_move(
    standing: Standing, windows: Mapping[date, Figures], orders: Sequence[Order], first_known: datetime, rules: Rules
) -> bool:
    """Whether orders that come late, but after everything that was decided, do not earn more even all together: then it
    is no matter which came first.

    Holds where one more order never lowers the grade, and one window reaches to the newest order there is.
    """
    policy = rules.active
    if standing.tier is None or standing.below_since is not None or standing.folded_until is None:
        return False
    if standing.decided_until is not None and orders[0].placed_at <= standing.decided_until:
        return False
    if not _can_be_carried_on(standing, orders, first_known, rules):
        return False
    if standing.rank >= policy.top or standing.ladder != policy.ladder or standing.overridden_until is not None:
        return True
    [last, *others] = windows
    if not policy.monotone or others or not policy.life.up_at_once:
        return False
    if month_of(standing.folded_until, rules.zone) > last:
        return False
    figures = replace(windows[last], monthly=dict(windows[last].monthly))
    for order in orders:
        if first_month(last, policy.months) <= order.month <= last:
            figures.add(order)
    return policy.grade(figures, last) <= standing.rank


def _can_be_carried_on(standing: Standing, orders: Sequence[Order], first_known: datetime, rules: Rules) -> bool:
    """Whether the policy in force grades these orders, and no override has to be ended before them."""
    if not rules.governs(orders[0].placed_at, _first_known(standing, first_known)):
        return False
    return standing.overridden_until is None or standing.overridden_until > orders[-1].placed_at


def _first_known(standing: Standing, recorded_at: datetime) -> datetime:
    """When the first fact was recorded: two first orders may arrive the other way round than they were recorded."""
    return recorded_at if standing.first_known is None else min(standing.first_known, recorded_at)


def after_orders(account: OrderAccount, rules: Rules) -> DecidedStanding:
    """The standing carried on over new orders, one after the other, with the rows they began."""
    standing, policy, changes = account.standing, rules.active, list[TierChange]()
    decider = Decider(policy, rules.zone, rules.new_id)
    decided_until = standing.decided_until
    for order in account.orders:
        if account.earlier is None:
            break
        before = standing
        facts = _facts(account.earlier, order)
        standing, change = after_order(standing, facts, order.placed_at, order.month, decider, order.order_id)
        if change is not None:
            changes.append(change)
        if standing is not before:
            decided_until = order.placed_at
    newest_at = account.orders[-1].placed_at
    if standing.folded_until is not None and standing.folded_until > newest_at:
        newest_at = standing.folded_until
    standing = standing._replace(
        first_known=_first_known(standing, account.first_known), folded_until=newest_at, decided_until=decided_until
    )
    return DecidedStanding(account.standing, standing, changes, account.known_from)


def _facts(earlier: WindowTotals | Snapshots, order: Order) -> Figures | CustomerSnapshot:
    if isinstance(earlier, WindowTotals):
        earlier.add(order)
        return earlier.by_last_month[order.month]
    return earlier[order.placed_at]


def can_be_reviewed(standing: Standing, as_of: datetime, *, heads_group: bool = False) -> bool:
    """Whether nothing is known of the customer after `as_of`, nor decided at it or later: then a review as of it goes
    on from the kept standing. Not of the head of a group that is graded together: what its members did may have been
    recorded meanwhile."""
    if heads_group:
        return False
    if standing.folded_until is not None and standing.folded_until > as_of:
        return False
    if standing.decided_until is not None and standing.decided_until >= as_of:
        return False
    return standing.overridden_until is None or standing.overridden_until > as_of
