"""The steps of a tier's life (T10): what an order, a review or a person makes of a standing. Pure, one step at a time.

Each function takes the standing as it was and returns it as it is, with the row of the history that the step began, if
it began one. `tier_life` folds them over everything that happened to a customer; while facts come in order of time, the
standing that is kept is carried on with the same steps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.calendar import add_months
from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.policy import NewId, Policy
from services.tiering_svc.tiers.domain.explanation import decision_reasons
from services.tiering_svc.tiers.domain.standing import ChangeKind, Standing
from shared.events import TierChanged, TierPeriod


@dataclass(frozen=True, slots=True)
class TierChange:
    """A row of the history, from `effective_from` on, with the reasons of its decision."""

    row_id: UUID
    customer_id: UUID
    previous_tier: str | None
    tier: str
    rank: int
    kind: ChangeKind
    effective_from: datetime
    policy_id: UUID
    policy_version: int
    run_id: UUID | None
    retained_until: datetime | None  # the policy keeps the tier until then
    reasons: dict[str, Any]

    def period(self) -> TierPeriod:
        """The row as it is announced; what it is made of has been checked."""
        return TierPeriod.model_construct(
            change_id=self.row_id, previous_tier=self.previous_tier, tier=self.tier, rank=self.rank, kind=self.kind,
            effective_from=self.effective_from, policy_id=self.policy_id, policy_version=self.policy_version,
            run_id=self.run_id,
        )  # fmt: skip


class Decider(NamedTuple):
    """What a step is decided by besides the facts: a policy with its cut-offs, the business's zone, ids of rows."""

    policy: Policy
    zone: tzinfo
    new_id: NewId


class Cause(NamedTuple):
    """What made a step, as its reasons name it: a trigger, with the order or the review that it was."""

    trigger: str
    order_id: UUID | None = None
    run_id: UUID | None = None


Facts = Figures | CustomerSnapshot


def figures_of(facts: Facts) -> Figures:
    """The sums of orders among what a policy grades by."""
    return facts.figures if isinstance(facts, CustomerSnapshot) else facts


TierStep = tuple[Standing, TierChange | None]


class DecidedStanding(NamedTuple):
    """A customer's standing before and after a decision, the rows it began, and from when on what it stands on is
    known."""

    before: Standing
    after: Standing
    changes: Sequence[TierChange]
    known_from: datetime


def after_order(
    standing: Standing, facts: Facts, at: datetime, month: date, decider: Decider, order_id: UUID | None,
    trigger: str = "group",
) -> TierStep:  # fmt: skip
    """An order was placed at an instant, or (`order_id` None) members of the customer's group came or went, or it is
    one with another customer from then on (`trigger`): put on the
    pyramid if it is the first, raised at once if the figures earn more, else left alone; figures that earn the tier
    again end a grace. `facts`: the window that ends with `month`."""
    policy = decider.policy
    if not may_move(standing, policy):
        return standing, None
    rank = policy.grade_by(facts, month)
    cause = Cause(trigger if order_id is None else "order", order_id)
    if standing.tier is None:
        return changed(standing, rank if policy.life.up_at_once else 0, "first", facts, at, month, decider, cause)
    if rank > standing.rank and policy.life.up_at_once:
        return changed(standing, rank, "upgrade", facts, at, month, decider, cause)
    if standing.below_since is not None and rank >= standing.rank:
        return earned_again(standing, at), None
    return standing, None


def may_move(standing: Standing, policy: Policy) -> bool:
    """Whether an order could change anything: an override holds until its end, a customer of another ladder is placed
    anew by a review, and nobody rises above the top."""
    if standing.tier is None:
        return True
    if standing.overridden_until is not None or standing.ladder != policy.ladder:
        return False
    return standing.below_since is not None or (standing.rank < policy.top and policy.life.up_at_once)


def earned_again(standing: Standing, at: datetime) -> Standing:
    """The customer earns its tier again, as of an instant: its grace is over."""
    return standing._replace(below_since=None, grace_until=None, recovered_at=at)


def changed(
    standing: Standing, rank: int, kind: ChangeKind, facts: Facts, at: datetime, month: date, decider: Decider,
    cause: Cause,
) -> tuple[Standing, TierChange]:  # fmt: skip
    """The standing in another tier, and its row, with the reasons of `facts`."""
    reasons = decision_reasons(
        decider.policy, facts, month, rank, trigger=cause.trigger, order_id=cause.order_id, run_id=cause.run_id
    )  # fmt: skip
    return in_tier(standing, rank, kind, at, decider, reasons, cause.run_id)


def in_tier(
    standing: Standing, rank: int, kind: ChangeKind, at: datetime, decider: Decider, reasons: dict[str, Any],
    run_id: UUID | None = None,
) -> tuple[Standing, TierChange]:  # fmt: skip
    """The standing in a tier from an instant on, and its row. A rise is kept for as long as the policy says."""
    policy = decider.policy
    kept = policy.life.keep_months if kind in ("first", "upgrade") else 0
    retained_until = add_months(at, kept, decider.zone) if kept else None
    tier = policy.levels[rank].code
    change = TierChange(
        decider.new_id(), standing.customer_id, standing.tier, tier, rank, kind, at, policy.policy_id, policy.version,
        run_id, retained_until, reasons,
    )  # fmt: skip
    now = Standing(
        standing.customer_id, tier, rank, at, change.row_id, kind, policy.policy_id, policy.version, policy.run_id,
        policy.ladder, retained_until=retained_until, promised_until=standing.promised_until,
        first_known=standing.first_known, folded_until=standing.folded_until, decided_until=standing.decided_until,
    )  # fmt: skip
    return now, change


def announced(decisions: Iterable[DecidedStanding], at: datetime) -> list[TierChanged]:
    """An event for each customer with new rows, which carries them all; `at` is when they were decided."""
    return [
        tier_changed([change.period() for change in decision.changes], decision.changes[0].effective_from,
                     decision.after.customer_id, at)
        for decision in decisions
        if decision.changes
    ]  # fmt: skip


def tier_changed(
    periods: Sequence[TierPeriod], changed_from: datetime, customer_id: UUID, at: datetime
) -> TierChanged:  # fmt: skip
    """The history from the first instant that changed, as it is announced: its last period is the open row."""
    row = periods[-1]
    return TierChanged(
        customer_id=customer_id, change_id=row.change_id, previous_tier=row.previous_tier, tier=row.tier, rank=row.rank,
        kind=row.kind, effective_from=row.effective_from, decided_at=at, policy_id=row.policy_id,
        policy_version=row.policy_version, run_id=row.run_id, changed_from=changed_from, periods=tuple(periods),
    )  # fmt: skip


def tier_withdrawn(row: TierPeriod, changed_from: datetime, customer_id: UUID, at: datetime) -> TierChanged:
    """The customer has no tier any more, nor had one ever. `row`: what was open until now."""
    return tier_changed([row], changed_from, customer_id, at).model_copy(update={"periods": (), "withdrawn": True})
