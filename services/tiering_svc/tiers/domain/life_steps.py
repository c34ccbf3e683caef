"""What happens at one instant of a life (T10): the steps of the fold, and what had been decided for it (K18)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.indicators.domain.order import Order
from services.tiering_svc.indicators.domain.running_totals import GroupTotals
from services.tiering_svc.policies.domain.policy import Policy, snapshot_of_figures
from services.tiering_svc.policies.domain.policy_timeline import AppliedReview
from services.tiering_svc.tiers.domain.explanation import decision_reasons
from services.tiering_svc.tiers.domain.joined_life import NO_ID, Promises, Watch, promised_until
from services.tiering_svc.tiers.domain.overrides import after_override
from services.tiering_svc.tiers.domain.review import ReviewDecision, review
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import (
    Cause,
    Decider,
    Facts,
    TierChange,
    after_order,
    changed,
    figures_of,
    may_move,
)
from services.tiering_svc.tiers.domain.timeline import CustomerTimeline, TimelineInstant


class LifeReview(NamedTuple):
    """What a review found and decided about the customer."""

    review: AppliedReview
    before: Standing
    facts: Facts
    decision: ReviewDecision


@dataclass(slots=True)
class HighestDecision:
    """What had been decided for an instant before something came back: the highest rank, whether a row began with it,
    the rank that is left of it, and the last return that lowered it."""

    tier: str
    rank: int
    ladder: str
    began_row: bool
    left: int
    lowered_by: UUID | None = None


def fell(now: Standing, decided: HighestDecision, policy: Policy) -> bool:
    """Whether less is decided now, on the same pyramid."""
    return now.rank < decided.rank and now.ladder == decided.ladder == policy.ladder


class LifeSteps:
    """Where the fold has come to, and the steps that carry it over one instant; who walks sets the fields."""

    timeline: CustomerTimeline
    zone: tzinfo
    orders: list[Order]  # less what came back so far
    standing: Standing
    override_on: UUID | None
    promises: Promises
    watches: list[Watch]
    reviews: list[LifeReview]
    totals: GroupTotals
    decided: dict[int, HighestDecision]
    taken_back: UUID | None

    def _end_override(self, policy: Policy, instant: TimelineInstant, month: date) -> TierChange | None:
        """Where the override that is on ends; one that another replaced ends unnoticed."""
        for override in instant.ended:
            if override.override_id == self.override_on:
                facts = self._facts(policy, instant.at, month)
                self.override_on = None
                self.standing, change = after_override(
                    self.standing, facts, instant.at, month, self._decider(policy), override.ending
                )
                return change
        return None

    def _promise(self, instant: TimelineInstant) -> None:
        """Of several customers who are one the promises to all of them hold (P12)."""
        if not instant.promises or self.standing.overridden_until is not None:
            return
        promises = dict(self.promises)
        for promise in instant.promises:
            promises[promise.customer_id] = promise.until
        self.promises = promises
        self.standing = self.standing._replace(promised_until=promised_until(promises))

    def _order(self, policy: Policy, instant: TimelineInstant, month: date) -> TierChange | None:
        """Orders, or members of the group that come and go (P2), which alone place nobody who has not ordered."""
        members, orders = self.timeline.members_at(instant.at, policy), [self.orders[n] for n in instant.orders]
        alive = [o.order_id for o in orders if o.quantity > 0 and self.timeline.buyer_of(o) in members]
        regrouped = instant.merged or (instant.regrouped and policy.together)
        if not (alive or regrouped) or not may_move(self.standing, policy):
            return None
        facts = self._facts(policy, instant.at, month)
        if not alive and self.standing.tier is None and not (policy.life.up_at_once and figures_of(facts).orders):
            return None
        self.standing, change = after_order(
            self.standing, facts, instant.at, month, self._decider(policy), max(alive, default=None),
            trigger="merge" if instant.merged else "group",
        )  # fmt: skip
        return change

    def _review(self, applied: AppliedReview, month: date) -> TierChange | None:
        before, facts = self.standing, self._facts(applied.policy, applied.as_of, month)
        decision = review(before, facts, applied.as_of, month, self._decider(applied.policy), applied.run_id)
        self.reviews.append(LifeReview(applied, before, facts, decision))
        self.standing = decision.standing
        return decision.change

    def _facts(self, policy: Policy, at: datetime, month: date) -> Facts:
        members = self.timeline.members_at(at, policy)
        figures = self.totals.window(month, policy.months, members)
        customers = self.timeline.customers_at(at, policy)
        if not policy.classes and customers == 1:
            return figures
        if not policy.classes:
            return replace(snapshot_of_figures(figures, month, policy.months), members=customers)
        snapshot = self.timeline.snapshots[at, policy.months, members]
        figures.returned_amount = snapshot.figures.returned_amount
        figures.returned_count = snapshot.figures.returned_count
        return replace(
            snapshot, figures=figures, first_order_ever=self.totals.first_order_at(members),
            last_order_ever=self.totals.last_order_at(members), members=customers,
        )  # fmt: skip

    def _decider(self, policy: Policy) -> Decider:
        return Decider(policy, self.zone, lambda: NO_ID)

    def _watch(self, before: Standing, at: datetime) -> None:
        if before.below_since is not None and self.standing.below_since != before.below_since:
            assert before.grace_until is not None
            self.watches.append(Watch(before.below_since, before.grace_until, at))

    # --- what had been decided before something came back ---

    def _corrected(
        self, number: int, instant: TimelineInstant, before: Standing, change: TierChange | None, policy: Policy,
        month: date,
    ) -> TierChange | None:  # fmt: skip
        """The row of the instant: a correction where a higher tier had been decided for it (K18)."""
        decided = self.decided.get(number)
        if decided is None or self.standing.overridden_until is not None:
            return self._keep_in_mind(number, instant, change)
        if self.standing.tier is None:  # all that had placed it came back
            facts, placed = self._facts(policy, instant.at, month), max(instant.orders, default=None)
            cause = Cause("order", None if placed is None else self.orders[placed].order_id)
            self.standing, change = changed(
                self.standing, policy.grade_by(facts, month), "first", facts, instant.at, month, self._decider(policy),
                cause,
            )  # fmt: skip
        now = self.standing
        if not fell(now, decided, policy):
            return self._keep_in_mind(number, instant, change)
        if now.rank < decided.left:
            decided.left, decided.lowered_by = now.rank, self.taken_back
        if change is None and not decided.began_row:
            return None
        return self._correction(decided, instant, before, policy, month)

    def _correction(
        self, decided: HighestDecision, instant: TimelineInstant, before: Standing, policy: Policy, month: date
    ) -> TierChange:
        """The row that is left where a higher tier had been decided; retention and grace go on as without it."""
        now = self.standing
        assert now.tier is not None
        reasons = decision_reasons(
            policy, self._facts(policy, instant.at, month), month, now.rank, trigger="reversal",
            order_id=decided.lowered_by,
        )  # fmt: skip
        self.standing = now._replace(
            kind="correction", since=instant.at, row_id=NO_ID, policy_id=policy.policy_id,
            policy_version=policy.version, cutoffs_of=policy.run_id,
        )  # fmt: skip
        return TierChange(
            NO_ID, now.customer_id, decided.tier, now.tier, now.rank, "correction", instant.at, policy.policy_id,
            policy.version, None, now.retained_until, reasons,
        )  # fmt: skip

    def _keep_in_mind(self, number: int, instant: TimelineInstant, change: TierChange | None) -> TierChange | None:
        """Remember what was decided for the instant, unless it was a fall; an order that changed nothing decided
        nothing."""
        now = self.standing
        fell = change is not None and change.kind == "downgrade"
        assessed = change is not None or bool(instant.reviews or instant.ended or instant.merged)
        if now.tier is None or now.ladder is None or fell or not assessed or now.overridden_until is not None:
            return change
        decided = self.decided.get(number)
        if decided is None or now.rank >= decided.rank:
            self.decided[number] = HighestDecision(now.tier, now.rank, now.ladder, change is not None, now.rank)
        return change
