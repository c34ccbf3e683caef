"""The life of a customer's tier as one fold over its timeline (T10): rows, reasons, and what is being watched.

The same facts give the same life, whatever the order they arrived in. Orders count less what came back of them, as if
that part had never been bought. A decision that stood on what came back stays visible: where a higher tier had been
decided for an instant, before the return happened, the row of that instant is a correction, and the life before it goes
on (K18, K21). To know what had been decided, the life is followed up to each return as it was before it; only the
instants from the returned order on are walked again.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.order import Reversal
from services.tiering_svc.indicators.domain.running_totals import GroupTotals
from services.tiering_svc.policies.domain.policy import Policy, snapshot_of_figures
from services.tiering_svc.policies.domain.policy_timeline import AppliedReview, PolicyTimeline
from services.tiering_svc.tiers.domain.explanation import decision_reasons
from services.tiering_svc.tiers.domain.overrides import after_override, begin_override
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

NO_ID = UUID(int=0)  # of rows that are not stored yet


class Watch(NamedTuple):
    """A time below the tier: since which review, until when it is at least kept, and when it was over (None: it is
    not)."""

    below_since: datetime
    grace_until: datetime
    ended_at: datetime | None


class LifeReview(NamedTuple):
    """What a review found and decided about the customer."""

    review: AppliedReview
    before: Standing
    facts: Facts
    decision: ReviewDecision


@dataclass(frozen=True, slots=True)
class TierLife:
    """The whole history: where it has come to, its rows and watches, and what each review decided."""

    standing: Standing
    rows: Sequence[TierChange]
    watches: Sequence[Watch]
    reviews: Sequence[LifeReview]


@dataclass(slots=True)
class _HighestDecision:
    """What had been decided for an instant before something came back: the highest rank, whether a row began with it,
    the rank that is left of it, and the last return that lowered it."""

    tier: str
    rank: int
    ladder: str
    began_row: bool
    left: int
    lowered_by: UUID | None = None


class _Saved(NamedTuple):
    """The walk before an instant."""

    standing: Standing
    rows: int
    watches: int
    reviews: int


def tier_life(timeline: CustomerTimeline, policies: PolicyTimeline, until: datetime, zone: tzinfo) -> TierLife:
    """The life up to an instant. Reviews of later instants do not count yet; facts of the timeline all do."""
    policies = policies.of_customer(timeline.known_from)
    walk = _Walk(timeline, policies, timeline.instants(policies.reviews_until(until)), zone)
    for reversal in timeline.reversals:
        walk.advance(bisect_right(walk.times, reversal.at))
        walk.take_back(reversal.reversal)
    walk.advance(len(walk.instants))
    watches = walk.watched()
    standing = walk.standing._replace(
        folded_until=_newest(timeline.facts_at), decided_until=_newest(_decided_at(timeline, walk.rows, watches))
    )
    return TierLife(standing, walk.rows, watches, walk.reviews)


def _decided_at(
    timeline: CustomerTimeline, rows: Sequence[TierChange], watches: Sequence[Watch]
) -> Iterator[datetime | None]:
    """When anything was decided, or came back: an order placed before one of these instants may change it."""
    yield from (row.effective_from for row in rows)
    for watch in watches:
        yield watch.below_since
        yield watch.ended_at
    yield from timeline.privileges_at
    yield from timeline.reversed_at


def _newest(instants: Iterable[datetime | None]) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)


class _Walk:
    """The fold on its way: it goes forward instant by instant, and back to an order of which something came back."""

    def __init__(
        self, timeline: CustomerTimeline, policies: PolicyTimeline, instants: Sequence[TimelineInstant], zone: tzinfo
    ) -> None:
        self.timeline = timeline
        self.policies = policies
        self.instants = instants
        self.zone = zone
        self.times = [instant.at for instant in instants]
        self.orders = list(timeline.orders)  # less what came back so far
        self.index_of = {order.order_id: index for index, order in enumerate(self.orders)}
        own_facts = next(timeline.facts_at, None) is not None
        self.standing = Standing(timeline.customer_id, first_known=timeline.first_known if own_facts else None)
        self.rows: list[TierChange] = []
        self.watches: list[Watch] = []
        self.reviews: list[LifeReview] = []
        self.totals = GroupTotals()
        self.saved: list[_Saved] = []  # one for each instant that was walked
        self.decided: dict[int, _HighestDecision] = {}
        self.taken_back: UUID | None = None

    # --- forward and back ---

    def advance(self, end: int) -> None:
        """Walk to the instant of that number, which is not walked any more."""
        for number in range(len(self.saved), end):
            self.saved.append(_Saved(self.standing, len(self.rows), len(self.watches), len(self.reviews)))
            self._walk(number, self.instants[number])

    def take_back(self, reversal: Reversal) -> None:
        """Something came back of an order: the walk goes back to it."""
        index = self.index_of.get(reversal.order_id)
        if index is None:
            return
        self.orders[index] = self.orders[index].less(reversal)
        self.taken_back = reversal.order_id
        number = bisect_right(self.times, self.orders[index].placed_at) - 1
        if number >= len(self.saved):
            return
        self.standing, rows, watches, reviews = self.saved[number]
        del self.saved[number:], self.rows[rows:], self.watches[watches:], self.reviews[reviews:]
        self.totals = GroupTotals()
        for instant in self.instants[:number]:
            self._add(instant)

    def _add(self, instant: TimelineInstant) -> None:
        for placed in instant.orders:
            self.totals.add(self.orders[placed], self.timeline.buyer_of(self.orders[placed]))

    # --- one instant ---

    def _walk(self, number: int, instant: TimelineInstant) -> None:
        before, month = self.standing, month_of(instant.at, self.zone)
        self._add(instant)
        policy = self.policies.governing(instant.at)
        change: TierChange | None = None
        if instant.ended is not None and self.standing.overridden_until is not None:
            facts = self._facts(policy, instant.at, month)
            self.standing, change = after_override(
                self.standing, facts, instant.at, month, self._decider(policy), instant.ended.ending
            )
        if instant.orders or instant.regrouped:
            change = self._order(policy, instant, month) or change
        if instant.override is not None:
            self.standing, change = begin_override(self.standing, instant.override, self._decider(policy))
        if instant.promise is not None and self.standing.overridden_until is None:
            self.standing = self.standing._replace(promised_until=instant.promise.until)
        for applied in instant.reviews:
            policy = applied.policy
            change = self._review(applied, month) or change
        if instant.override is None:
            change = self._corrected(number, instant, before, change, policy, month)
        self._watch(before, instant.at)
        if change is not None:
            if change.kind != "correction" and change.previous_tier != before.tier:
                change = replace(change, previous_tier=before.tier)  # of several steps of an instant the last one stays
            self.rows.append(change)

    def _order(self, policy: Policy, instant: TimelineInstant, month: date) -> TierChange | None:
        """Orders, or members of the group that come and go (P2), which alone place nobody who has not ordered."""
        members, orders = self.timeline.members_at(instant.at, policy), [self.orders[n] for n in instant.orders]
        alive = [o.order_id for o in orders if o.quantity > 0 and self.timeline.buyer_of(o) in members]
        regrouped = instant.regrouped and policy.together
        if not (alive or regrouped) or not may_move(self.standing, policy):
            return None
        facts = self._facts(policy, instant.at, month)
        if not alive and self.standing.tier is None and not (policy.life.up_at_once and figures_of(facts).orders):
            return None
        self.standing, change = after_order(
            self.standing, facts, instant.at, month, self._decider(policy), max(alive, default=None)
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
        if not policy.classes and len(members) == 1:
            return figures
        if not policy.classes:
            return replace(snapshot_of_figures(figures, month, policy.months), members=len(members))
        snapshot = self.timeline.snapshots[at, policy.months, members]
        figures.returned_amount = snapshot.figures.returned_amount
        figures.returned_count = snapshot.figures.returned_count
        return replace(
            snapshot, figures=figures, first_order_ever=self.totals.first_order_at(members),
            last_order_ever=self.totals.last_order_at(members),
        )  # fmt: skip

    def _decider(self, policy: Policy) -> Decider:
        return Decider(policy, self.zone, lambda: NO_ID)

    def _watch(self, before: Standing, at: datetime) -> None:
        if before.below_since is not None and self.standing.below_since != before.below_since:
            assert before.grace_until is not None
            self.watches.append(Watch(before.below_since, before.grace_until, at))

    def watched(self) -> Sequence[Watch]:
        """All watches, with the one that goes on."""
        if self.standing.below_since is None:
            return self.watches
        assert self.standing.grace_until is not None
        return [*self.watches, Watch(self.standing.below_since, self.standing.grace_until, None)]

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
        if now.rank >= decided.rank or now.ladder != decided.ladder or now.ladder != policy.ladder:
            return self._keep_in_mind(number, instant, change)
        if now.rank < decided.left:
            decided.left, decided.lowered_by = now.rank, self.taken_back
        if change is None and not decided.began_row:
            return None
        return self._correction(decided, instant, before, policy, month)

    def _correction(
        self, decided: _HighestDecision, instant: TimelineInstant, before: Standing, policy: Policy, month: date
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
        assessed = change is not None or instant.reviews or instant.ended is not None
        if now.tier is None or now.ladder is None or fell or not assessed or now.overridden_until is not None:
            return change
        decided = self.decided.get(number)
        if decided is None or now.rank >= decided.rank:
            self.decided[number] = _HighestDecision(now.tier, now.rank, now.ladder, change is not None, now.rank)
        return change
