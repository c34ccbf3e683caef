"""The life of a customer's tier (T10): up at once, down only at review, corrected when what it stood on comes back.

Every function takes the standing as it was and returns it as it is, with the changes made: the rows of the history.
Whatever the split into batches, the same facts in the same order give the same standing and the same changes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.calendar import add_months, month_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.order_aggregates import OrderAggregates, OrderHistory
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.policy import Policy, Rules
from services.tiering_svc.tiers.domain.accounts import OrderAccount, ReversalAccount
from services.tiering_svc.tiers.domain.explanation import reasons_of
from services.tiering_svc.tiers.domain.standing import RISES, ChangeKind, Standing
from services.tiering_svc.tiers.domain.timeline import Timeline
from shared.events import TierChanged, TierPeriod

Walk = Iterator[tuple[datetime, date, Figures | CustomerSnapshot]]


@dataclass(frozen=True, slots=True)
class TierChange:
    """A new row of the history, from `effective_from` on. It replaces an open row that began just then."""

    row_id: UUID
    customer_id: UUID
    previous_tier: str | None
    tier: str
    rank: int
    kind: ChangeKind
    effective_from: datetime
    replaces: UUID | None
    policy_id: UUID
    policy_version: int
    run_id: UUID | None
    reasons: dict[str, Any]

    def period(self) -> TierPeriod:
        """The row as it is announced within a history's tail."""
        return TierPeriod(
            change_id=self.row_id,
            previous_tier=self.previous_tier,
            tier=self.tier,
            rank=self.rank,
            kind=self.kind,
            effective_from=self.effective_from,
            policy_id=self.policy_id,
            policy_version=self.policy_version,
            run_id=self.run_id,
        )


TierDecision = tuple[Standing, list[TierChange]]


class DecidedStanding(NamedTuple):
    """A customer's standing before and after a decision, the rows made, and from when on what it stands on is known."""

    before: Standing
    after: Standing
    changes: Sequence[TierChange]
    known_from: datetime


def matters_from(standing: Standing, order: Order) -> datetime:
    """From when on an order matters: from its own date, or from the open row's beginning where that is later."""
    return order.placed_at if standing.since is None or order.placed_at > standing.since else standing.since


def after_orders(account: OrderAccount, rules: Rules) -> DecidedStanding:
    """The orders of a batch, one after the other, in the order they were recorded."""
    standing, changes = account.standing, list[TierChange]()
    for order in account.orders:
        standing, made = after_order(standing, order, account.earlier, rules)
        changes += made
    return DecidedStanding(account.standing, standing, changes, account.known_from)


def after_order(standing: Standing, order: Order, earlier: OrderAggregates | Timeline, rules: Rules) -> TierDecision:
    """An order was placed: put on the pyramid if it is the first, raised at once if it earns more, else left alone.

    A late order is looked at from its own date on, together with the orders that followed it.
    """
    earlier.add(order)
    start = matters_from(standing, order)
    month = order.month if start is order.placed_at else month_of(start, rules.zone)
    return _raised_along(standing, earlier.walk(start, month), rules, order.order_id)


def _raised_along(standing: Standing, steps: Walk, rules: Rules, order_id: UUID | None) -> TierDecision:
    changes: list[TierChange] = []
    for instant, month, figures in steps:
        standing, change = _reassess(standing, rules.active, figures, instant, month, rules, ("order", order_id))
        if change is not None:
            changes.append(change)
    return standing, changes


def _reassess(
    standing: Standing,
    policy: Policy,
    figures: Figures | CustomerSnapshot,
    instant: datetime,
    month: date,
    rules: Rules,
    cause: tuple[str, UUID | None],
) -> tuple[Standing, TierChange | None]:
    rank = policy.grade_by(figures, month)
    if standing.tier is None:
        rank = rank if policy.life.up_at_once else 0
        reasons = reasons_of(policy, figures, month, rank, trigger=cause[0], order_id=cause[1])
        return changed(standing, policy, rank, "first", instant, rules, reasons)
    if standing.ladder != policy.ladder or standing.overridden_until is not None:
        return standing, None  # a review places it on the new pyramid; an override holds until its end
    if rank > standing.rank and policy.life.up_at_once:
        reasons = reasons_of(policy, figures, month, rank, trigger=cause[0], order_id=cause[1])
        return changed(standing, policy, rank, "upgrade", instant, rules, reasons)
    if standing.below_since is not None and instant >= standing.below_since and rank >= standing.rank:
        return standing._replace(below_since=None, grace_until=None, recovered_at=instant), None
    return standing, None


def after_later_orders(
    standing: Standing, decided_for: datetime, later: OrderHistory | Timeline, rules: Rules
) -> TierDecision:
    """A review, or an override's end, was decided for an instant that is over. Orders placed after it may have been
    counted already, against the row from before: they raise from their own dates, as if they came now (up at once)."""
    steps: Walk = later.walk(decided_for, month_of(decided_for, rules.zone))
    next(steps)  # what was decided looked at this itself
    return _raised_along(standing, steps, rules, None)


def after_reversals(account: ReversalAccount, rules: Rules) -> DecidedStanding:
    """The reversals of a batch, one after the other, in the order they were recorded."""
    standing, changes = account.standing, list[TierChange]()
    for reversal in account.reversals:
        standing, made = after_reversal(standing, reversal, account.earlier, rules)
        changes += made
    return DecidedStanding(account.standing, standing, changes, account.known_from)


def after_reversal(
    standing: Standing, reversal: Reversal, earlier: OrderHistory | Timeline, rules: Rules
) -> TierDecision:
    """Something came back: a rise that the rest does not carry is corrected from its date (K18). Never a downgrade.

    What the customer had before the rise stays; a later order that would have lifted it anyway does so at its own date.
    """
    earlier.reverse(reversal)
    if not may_be_corrected(standing):
        return standing, []
    assert standing.since is not None
    start, month = standing.since, month_of(standing.since, rules.zone)
    steps: Walk = earlier.walk(start, month)
    _, _, figures = next(steps)
    policy = rules.behind(standing.policy_key)
    deserved = max(policy.grade_by(figures, month), standing.floor_rank)
    if deserved >= standing.rank:
        return standing, []
    reasons = reasons_of(policy, figures, month, deserved, trigger="reversal", order_id=reversal.order_id)
    standing, change = changed(standing, policy, deserved, "correction", start, rules, reasons)
    changes = [change]
    for instant, last_month, figures in steps:
        policy = rules.at(instant, standing.policy_key)
        standing, lifted = _reassess(
            standing, policy, figures, instant, last_month, rules, ("reversal", reversal.order_id)
        )
        if lifted is not None:
            changes.append(lifted)
    return standing, changes


def may_be_corrected(standing: Standing) -> bool:
    """Whether reversals can undo the open row: a rise that is above its floor (K18)."""
    return standing.kind in RISES and standing.rank > standing.floor_rank and standing.since is not None


def changed(
    standing: Standing, policy: Policy, rank: int, kind: ChangeKind, effective_from: datetime, rules: Rules,
    reasons: dict[str, Any], *, run_id: UUID | None = None, overridden_until: datetime | None = None,
) -> tuple[Standing, TierChange]:  # fmt: skip
    """Open a new row. Its floor is the tier before it; where it replaces a row, that row's floor."""
    replaces = standing.row_id if effective_from == standing.since else None
    if kind in ("first", "downgrade", "override") or standing.tier is None:
        floor_tier, floor_rank = (None, 0) if kind == "first" else (policy.levels[rank].code, rank)
    elif replaces is not None:
        floor_tier, floor_rank = standing.floor_tier, standing.floor_rank
    else:
        floor_tier, floor_rank = standing.tier, standing.rank
    kept = policy.life.keep_months
    row_id, tier = rules.new_id(), policy.levels[rank].code
    now = Standing(
        standing.customer_id, tier, rank, effective_from, row_id, kind, policy.policy_id, policy.version,
        policy.run_id, policy.ladder, floor_tier, floor_rank,
        retained_until=add_months(effective_from, kept, rules.zone) if kept and kind in ("first", "upgrade") else None,
        overridden_until=overridden_until, promised_until=standing.promised_until,
    )  # fmt: skip
    return now, TierChange(
        row_id, standing.customer_id, standing.tier, tier, rank, kind, effective_from, replaces,
        policy.policy_id, policy.version, run_id, reasons,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowEnding:
    """How a row that is no longer open ends: at an instant, or replaced as if it had never been (then None)."""

    row_id: UUID
    ends_at: datetime | None
    customer_id: UUID


def endings(before: Standing, changes: Sequence[TierChange]) -> list[RowEnding]:
    """What becomes of the open row, and of the rows opened and ended within these same changes."""
    open_row = before.row_id
    ended: list[RowEnding] = []
    for change in changes:
        if open_row is not None:
            ends_at = None if change.replaces == open_row else change.effective_from
            ended.append(RowEnding(open_row, ends_at, change.customer_id))
        open_row = change.row_id
    return ended


def announced(decisions: Iterable[DecidedStanding], at: datetime) -> list[TierChanged]:
    """An event for each decision that made rows, with those that stand; `at` is when it was decided."""
    return [tail_event(decision.changes, at) for decision in decisions if decision.changes]


def tail_event(changes: Sequence[TierChange], at: datetime) -> TierChanged:
    """The rows of one customer's decision as the tail of its history; of those at one instant the last one stands."""
    periods = tuple(change.period() for change in {change.effective_from: change for change in changes}.values())
    open_row = periods[-1]
    return TierChanged(
        customer_id=changes[0].customer_id,
        change_id=open_row.change_id,
        previous_tier=open_row.previous_tier,
        tier=open_row.tier,
        rank=open_row.rank,
        kind=open_row.kind,
        effective_from=open_row.effective_from,
        decided_at=at,
        policy_id=open_row.policy_id,
        policy_version=open_row.policy_version,
        run_id=open_row.run_id,
        changed_from=periods[0].effective_from,
        periods=periods,
    )
