"""A back-test (T9): a policy replayed over past month-ends, one customer at a time, as if it had been in force."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.calendar import shift, start_of
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.policies.domain.policy_timeline import AppliedReview, PolicyActivation, PolicyTimeline
from services.tiering_svc.reviews.domain.simulation import NOWHERE, SimulationCell
from services.tiering_svc.tiers.domain.review import ReviewOutcome
from services.tiering_svc.tiers.domain.tier_life import LifeReview, tier_life
from services.tiering_svc.tiers.domain.timeline import CustomerTimeline

SOON = 3  # months within which a move that is undone was for nothing
OPPOSITE: dict[ReviewOutcome, ReviewOutcome] = {"up": "down", "down": "up"}
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class MonthEnd(NamedTuple):
    """A month's last instant, and the policy with the cut-offs of that month."""

    month: date
    as_of: datetime
    policy: Policy


@dataclass(frozen=True, slots=True)
class BackTestMove:
    """What a month's end brought a customer, and the month soon after in which it moved back, if it did."""

    month: date
    outcome: ReviewOutcome
    from_tier: str | None
    to_tier: str | None
    figures: Figures
    moved_back_in: date | None = None

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
) -> list[BackTestMove]:
    """One customer's moves, a month-end each. Its life is the one that the policy would have given it: orders raise it
    at once where the policy says so, each month's end reviews it."""
    life = tier_life(timeline, policies, ends[-1].as_of, zone)
    moves = [moved(end, reviewed) for end, reviewed in zip(ends, life.reviews, strict=True)]
    return with_ways_back(moves)


def moved(end: MonthEnd, reviewed: LifeReview) -> BackTestMove:
    """What a month's end brought the customer."""
    figures = reviewed.facts if isinstance(reviewed.facts, Figures) else reviewed.facts.figures
    decision = reviewed.decision
    return BackTestMove(end.month, decision.outcome, reviewed.before.tier, decision.standing.tier, figures)


def with_ways_back(moves: Sequence[BackTestMove]) -> list[BackTestMove]:
    """The moves, each with the month soon after in which it was undone, if it was."""
    return [_with_way_back(move, moves[index + 1 : index + 1 + SOON]) for index, move in enumerate(moves)]


def _with_way_back(move: BackTestMove, following: Sequence[BackTestMove]) -> BackTestMove:
    back = next((later.month for later in following if later.outcome == OPPOSITE.get(move.outcome)), None)
    return move if back is None else replace(move, moved_back_in=back)
