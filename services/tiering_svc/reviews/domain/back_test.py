"""A back-test (T9): a policy replayed over past month-ends, one customer at a time, as if it had been in force."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.calendar import shift, start_of
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.policy import Policy, Rules
from services.tiering_svc.reviews.domain.review import ReviewOutcome, review
from services.tiering_svc.reviews.domain.simulation import NOWHERE, SimulationCell
from services.tiering_svc.tiers.domain.standing import Standing

SOON = 3  # months within which a move that is undone was for nothing
OPPOSITE: dict[ReviewOutcome, ReviewOutcome] = {"up": "down", "down": "up"}
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
    snapshot: CustomerSnapshot
    moved_back_in: date | None = None

    @property
    def cell(self) -> SimulationCell:
        """The customer counted, with what it brought in the policy's window."""
        sums = self.snapshot.figures
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


def replay(
    customer_id: UUID,
    ends: Sequence[MonthEnd],
    snapshots: Sequence[CustomerSnapshot],
    zone: tzinfo,
    new_id: Callable[[], UUID],
) -> list[BackTestMove]:
    """One customer's moves, a month-end each, with its snapshots of those instants. It begins with no tier: the first
    month-end with an order places it, the following review it."""
    standing = Standing(customer_id)
    moves: list[BackTestMove] = []
    for end, snapshot in zip(ends, snapshots, strict=True):
        rules = Rules(end.policy, zone, new_id, end.as_of, {})
        decision = review(standing, snapshot, end.as_of, rules, new_id())
        moves.append(BackTestMove(end.month, decision.outcome, standing.tier, decision.standing.tier, snapshot))
        standing = decision.standing
    return [_with_way_back(move, moves[index + 1 : index + 1 + SOON]) for index, move in enumerate(moves)]


def _with_way_back(move: BackTestMove, following: Sequence[BackTestMove]) -> BackTestMove:
    back = next((later.month for later in following if later.outcome == OPPOSITE.get(move.outcome)), None)
    return move if back is None else replace(move, moved_back_in=back)
