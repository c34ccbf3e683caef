"""A back-test (T9): a policy replayed over past month-ends, one customer at a time, as if it had been in force."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal, NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.calendar import shift, start_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.policies.domain.policy_timeline import (
    BEGINNING,
    AppliedReview,
    PolicyActivation,
    PolicyTimeline,
)
from services.tiering_svc.reviews.domain.simulation import NOWHERE, SimulationCell
from services.tiering_svc.tiers.domain.review import MOVES, ReviewOutcome
from services.tiering_svc.tiers.domain.tier_changes import figures_of
from services.tiering_svc.tiers.domain.tier_life import LifeReview, tier_life
from services.tiering_svc.tiers.domain.timeline import CustomerTimeline

SOON = 3  # months within which a move that is undone was for nothing
AtOnce = Literal["placed_at_once", "up_at_once"]
BackTestOutcome = ReviewOutcome | AtOnce
PLACED_AT_ONCE: AtOnce = "placed_at_once"  # by an order, before the month's end
UP_AT_ONCE: AtOnce = "up_at_once"
RISES = frozenset[BackTestOutcome]({"up", UP_AT_ONCE})
LISTED: frozenset[str] = MOVES | {PLACED_AT_ONCE, UP_AT_ONCE}  # what a back-test lists as its movers
UNDONE_BY: dict[BackTestOutcome, frozenset[BackTestOutcome]] = {
    "up": frozenset({"down"}), UP_AT_ONCE: frozenset({"down"}), PLACED_AT_ONCE: frozenset({"down"}), "down": RISES,
}  # fmt: skip
MICROSECOND = timedelta(microseconds=1)


class MonthEnd(NamedTuple):
    """A month's last instant, and the policy with the cut-offs of that month."""

    month: date
    as_of: datetime
    policy: Policy


class TierPlace(NamedTuple):
    """A tier and its rank; None: no tier yet."""

    tier: str | None
    rank: int


@dataclass(frozen=True, slots=True)
class ReplayedMonth:
    """A month of a customer's life: where it began, what the first order had placed it at, and its end's review."""

    end: MonthEnd
    began_at: TierPlace
    placed_at: TierPlace
    reviewed: LifeReview


@dataclass(frozen=True, slots=True)
class BackTestMove:
    """What orders within a month, or its end's review, brought a customer, and the month soon after in which it moved
    back, if it did. `figures`: of the policy's window at the month's end."""

    month: date
    outcome: BackTestOutcome
    from_tier: str | None
    to_tier: str | None
    figures: Figures
    moved_back_in: date | None = None

    @property
    def at_once(self) -> bool:
        """Whether orders moved it, between two month-ends."""
        return self.outcome in (PLACED_AT_ONCE, UP_AT_ONCE)

    @property
    def cell(self) -> SimulationCell:
        """The customer counted, with what it brought in the policy's window."""
        sums = self.figures
        return SimulationCell(
            self.from_tier or NOWHERE, self.to_tier or NOWHERE, 1, sums.amount, sums.margin, sums.margin_known_amount
        )


def month_end(month: date, zone: tzinfo) -> datetime:
    """The month's last instant where the business is."""
    return start_of(shift(month, 1), zone) - MICROSECOND


def list_months(first: date, last: date) -> list[date]:
    """The months from `first` to `last`, both included."""
    months = [first]
    while months[-1] < last:
        months.append(shift(months[-1], 1))
    return months


def policies_replayed(ends: Sequence[MonthEnd], run_id: UUID) -> PolicyTimeline:
    """The policy as if it had always been in force and had reviewed everybody at each month's end, by the cut-offs of
    that month."""
    first = ends[0]
    without_cutoffs = replace(first.policy, bands=None, run_id=None) if first.policy.of_population else first.policy
    return PolicyTimeline(
        [PolicyActivation(BEGINNING, without_cutoffs)], [AppliedReview(end.as_of, run_id, end.policy) for end in ends]
    )  # fmt: skip


def replay(
    timeline: CustomerTimeline, policies: PolicyTimeline, ends: Sequence[MonthEnd], zone: tzinfo
) -> list[ReplayedMonth]:
    """One customer's months. Its life is the one that the policy would have given it: orders place it and raise it at
    once where the policy says so, each month's end reviews it."""
    life = tier_life(timeline, policies, ends[-1].as_of, zone)
    began_at, first_month = TierPlace(None, 0), start_of(ends[0].month, zone)
    for row in life.rows:
        if row.effective_from < first_month:
            began_at = TierPlace(row.tier, row.rank)
    placed_at = TierPlace(life.rows[0].tier, life.rows[0].rank) if life.rows else began_at
    months = []
    for end, reviewed in zip(ends, life.reviews, strict=True):
        months.append(ReplayedMonth(end, began_at, placed_at, reviewed))
        began_at = TierPlace(reviewed.decision.standing.tier, reviewed.decision.standing.rank)
    return months


def moves_of(months: Sequence[ReplayedMonth]) -> list[BackTestMove]:
    """What these months, in their order, brought the customer: what orders did at once, and what each review decided.

    A month goes on from what the one before showed: where each is told by what was known at its end, an order that
    became known late counts in the month in which it did."""
    moves = list[BackTestMove]()
    began_at = months[0].began_at if months else TierPlace(None, 0)
    for month in months:
        before, after = month.reviewed.before, month.reviewed.decision.standing
        moves += _at_once(month, began_at, TierPlace(before.tier, before.rank))
        moves.append(_move(month, month.reviewed.decision.outcome, before.tier, after.tier))
        began_at = TierPlace(after.tier, after.rank)
    return [_with_way_back(move, moves[index + 1 :]) for index, move in enumerate(moves)]


def _at_once(month: ReplayedMonth, began_at: TierPlace, reached: TierPlace) -> Iterator[BackTestMove]:
    """What orders did before the month's end: several rises are one, from the first tier to the last."""
    if reached.tier is None:
        return
    if began_at.tier is None:
        began_at = min(month.placed_at, reached, key=lambda place: place.rank)
        yield _move(month, PLACED_AT_ONCE, None, began_at.tier)
    if reached.rank > began_at.rank:
        yield _move(month, UP_AT_ONCE, began_at.tier, reached.tier)


def _move(month: ReplayedMonth, outcome: BackTestOutcome, from_tier: str | None, to_tier: str | None) -> BackTestMove:
    return BackTestMove(month.end.month, outcome, from_tier, to_tier, figures_of(month.reviewed.facts))


def _with_way_back(move: BackTestMove, following: Iterable[BackTestMove]) -> BackTestMove:
    """The move with the month soon after in which it was undone, if it was; `following`: what came after it."""
    undone_by = UNDONE_BY.get(move.outcome, frozenset())
    last = shift(move.month, SOON)
    back = next((later.month for later in following if later.month <= last and later.outcome in undone_by), None)
    return move if back is None else replace(move, moved_back_in=back)
