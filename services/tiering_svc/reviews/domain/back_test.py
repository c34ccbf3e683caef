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
    """When the policy is asked, and with which cut-offs."""

    month: date
    as_of: datetime
    policy: Policy


@dataclass(frozen=True, slots=True)
class BackTestMove:
    """What a month's end brought a customer."""

    month: date
    outcome: ReviewOutcome
    from_tier: str | None
    to_tier: str | None
    known: CustomerSnapshot
    moved_back_in: date | None = None

    @property
    def cell(self) -> SimulationCell:
        sums = self.known.figures
        return SimulationCell(
            self.from_tier or NOWHERE, self.to_tier or NOWHERE, 1, sums.amount, sums.margin, sums.margin_known_amount
        )


def month_end(month: date, zone: tzinfo) -> datetime:
    """The month's last instant where the business is."""
    return start_of(shift(month, 1), zone) - MICROSECOND


def months_between(first: date, last: date) -> list[date]:
    months = [first]
    while months[-1] < last:
        months.append(shift(months[-1], 1))
    return months


def replay(
    customer_id: UUID,
    ends: Sequence[MonthEnd],
    known: Sequence[CustomerSnapshot],
    zone: tzinfo,
    new_id: Callable[[], UUID],
) -> list[BackTestMove]:
    """From nothing on: the first month-end with an order places the customer, the following review it."""
    standing = Standing(customer_id)
    steps: list[BackTestMove] = []
    for end, its in zip(ends, known, strict=True):
        rules = Rules(end.policy, zone, new_id, end.as_of, {})
        reviewed = review(standing, its, end.as_of, rules, new_id())
        steps.append(BackTestMove(end.month, reviewed.outcome, standing.tier, reviewed.standing.tier, its))
        standing = reviewed.standing
    return [_looked_back_at(step, steps[n + 1 : n + 1 + SOON]) for n, step in enumerate(steps)]


def _looked_back_at(step: BackTestMove, following: Sequence[BackTestMove]) -> BackTestMove:
    back = next((later.month for later in following if later.outcome == OPPOSITE.get(step.outcome)), None)
    return step if back is None else replace(step, moved_back_in=back)
