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
from services.tiering_svc.tiers.domain.joined_life import (
    NO_ID,
    Entering,
    LifeState,
    MemberEntry,
    Promises,
    Watch,
    corrected_entry,
    entered,
    joined_state,
    promised_until,
    standing_of_member,
    watches_of_member,
)
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

__all__ = ["NO_ID", "LifeReview", "TierLife", "Watch", "tier_life"]


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
    of_others: frozenset[str] = frozenset()  # ids of the overrides that were set for others who are one with it


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


def _fell(now: Standing, decided: _HighestDecision, policy: Policy) -> bool:
    """Whether less is decided now, on the same pyramid."""
    return now.rank < decided.rank and now.ladder == decided.ladder == policy.ladder


class _Saved(NamedTuple):
    """The walk before an instant."""

    state: LifeState
    rows: int
    watches: int
    reviews: int


def tier_life(timeline: CustomerTimeline, policies: PolicyTimeline, until: datetime, zone: tzinfo) -> TierLife:
    """The life up to an instant. Reviews of later instants do not count yet; facts of the timeline all do."""
    walk = _Walk(timeline, policies, until, zone)
    for reversal in timeline.reversals:
        walk.advance(reversal.at)
        walk.take_back(reversal.reversal)
    walk.advance(None)
    of_whom = timeline.customer_id
    rows, watches = walk.rows_of(of_whom), walk.watches_of(of_whom)
    standing = walk.standing_of(of_whom)._replace(
        folded_until=_newest(timeline.facts_at), decided_until=_newest(_decided_at(timeline, rows, watches))
    )
    others = frozenset(
        str(override.override_id) for override in timeline.overrides if override.customer_id not in (None, of_whom)
    )
    return TierLife(standing, rows, watches, walk.reviews_of(of_whom), others)


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
    yield from timeline.joined_at


def _newest(instants: Iterable[datetime | None]) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)


class _Walk:
    """The fold on its way: it goes forward instant by instant, and back to an order of which something came back.

    Of customers who were merged (P12) there is one walk from then on, which begins where those of its two `parts` have
    come to; rows of that first instant are each member's own (`entries`), all later ones are those of all members."""

    def __init__(
        self, timeline: CustomerTimeline, policies: PolicyTimeline, until: datetime, zone: tzinfo,
        before: datetime | None = None,
    ) -> None:  # fmt: skip
        self.timeline = timeline
        self.policies = policies.of_customer(timeline.known_from)
        self.instants = timeline.instants(self.policies.reviews_until(until), before)
        self.before = before
        self.zone = zone
        self.times = [instant.at for instant in self.instants]
        self.orders = list(timeline.orders)  # less what came back so far
        self.index_of = {order.order_id: index for index, order in enumerate(self.orders)}
        self.parts: tuple[_Walk, ...] = ()
        self.begins = None if timeline.joined is None else timeline.joined.at
        self.begun = False
        self.origin: TierChange | None = None  # the row that the tier stands on with which it begins
        if (joined := timeline.joined) is not None:
            self.parts = tuple(_Walk(part, policies, until, zone, joined.at) for part in joined[1:])
        own_facts = next(timeline.facts_at, None) is not None
        self.standing = Standing(timeline.customer_id, first_known=timeline.first_known if own_facts else None)
        self.override_on: UUID | None = None
        self.promises: Promises = {}
        self.rows: list[TierChange] = []
        self.watches: list[Watch] = []
        self.reviews: list[LifeReview] = []
        self.totals = GroupTotals()
        self.saved: list[_Saved] = []  # one for each instant that was walked
        self.decided: dict[int, _HighestDecision] = {}
        self.entries: dict[UUID, MemberEntry] = {}
        self.decided_at_entry: dict[UUID, _HighestDecision] = {}
        self.taken_back: UUID | None = None

    @property
    def state(self) -> LifeState:
        """Where the walk has come to, without its rows."""
        return LifeState(self.standing, self.override_on, self.promises)

    # --- forward and back ---

    def advance(self, until: datetime | None) -> None:
        """Walk the instants up to one (None: all) that are not walked yet."""
        if self.begins is not None:
            for part in self.parts:
                part.advance(until)
            if until is not None and until < self.begins:
                return
            if not self.begun:
                self._begin(self.begins)
        end = len(self.instants) if until is None else bisect_right(self.times, until)
        for number in range(len(self.saved), end):
            self.saved.append(_Saved(self.state, len(self.rows), len(self.watches), len(self.reviews)))
            self._walk(number, self.instants[number])

    def _begin(self, begins: datetime) -> None:
        """Where the parts have come to, as the beginning of what they are together."""
        ladder = self.policies.governing(begins).ladder
        (self.standing, self.override_on, self.promises), chosen = joined_state(
            self.parts[0].state, self.parts[1].state, ladder
        )
        rows = self.parts[chosen].rows_of(self.parts[chosen].timeline.everybody[0])
        self.origin = rows[-1] if rows else None
        self.begun = True
        self._add_totals(0)

    def take_back(self, reversal: Reversal) -> bool:
        """Something came back of an order: the walk goes back to it. Returns whether it went back."""
        again = any([part.take_back(reversal) for part in self.parts])  # noqa: C419 every part takes it back
        if again:
            self._go_back(0)
            self.taken_back = reversal.order_id
        index = self.index_of.get(reversal.order_id)
        if index is None:
            return again
        order = self.orders[index] = self.orders[index].less(reversal)
        if self.before is not None and order.placed_at >= self.before:
            return again
        self.taken_back = reversal.order_id
        return self._go_back(max(bisect_right(self.times, order.placed_at) - 1, 0)) or again

    def _go_back(self, number: int) -> bool:
        """The walk goes back to before an instant, where it has been there."""
        again = self.begun and number == 0
        self.begun = self.begun and number > 0
        if number >= len(self.saved):
            return again
        (self.standing, self.override_on, self.promises), rows, watches, reviews = self.saved[number]
        del self.saved[number:], self.rows[rows:], self.watches[watches:], self.reviews[reviews:]
        self._add_totals(number)
        return True

    def _add_totals(self, number: int) -> None:
        """Add up the orders before an instant anew."""
        self.totals = GroupTotals()
        if self.begins is not None:
            for order in self.orders:
                if order.placed_at < self.begins:
                    self.totals.add(order, self.timeline.buyer_of(order))
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
        change = self._end_override(policy, instant, month)
        if instant.orders or instant.regrouped or instant.merged:
            change = self._order(policy, instant, month) or change
        if instant.override is not None:
            self.standing, change = begin_override(self.standing, instant.override, self._decider(policy))
            self.override_on, self.promises = instant.override.override_id, {}
        self._promise(instant)
        for applied in instant.reviews:
            policy = applied.policy
            change = self._review(applied, month) or change
        if instant.override is None:
            change = self._corrected(number, instant, before, change, policy, month)
        self._watch(before, instant.at)
        if instant.merged:
            self._enter(instant, change, policy, month)
        elif change is not None:
            if change.kind != "correction" and change.previous_tier != before.tier:
                change = replace(change, previous_tier=before.tier)  # of several steps of an instant the last one stays
            self.rows.append(change)

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

    # --- whose life it is ---

    def _enter(self, instant: TimelineInstant, change: TierChange | None, policy: Policy, month: date) -> None:
        """Each member comes from its own tier into that of all; a higher one decided before something came back leaves
        a correction, as anywhere (K18)."""
        now, facts = self.standing, self._facts(policy, instant.at, month)
        entering = Entering(instant.at, now, change, self.origin, policy, facts, month)
        for member in self.timeline.everybody:
            before = self._part_of(member).standing_of(member)
            entry, decided = entered(before, entering), self.decided_at_entry.get(member)
            if decided is not None and now.overridden_until is None and _fell(now, decided, policy):
                if now.rank < decided.left:
                    decided.left, decided.lowered_by = now.rank, self.taken_back
                if entry.row is not None or decided.began_row:
                    entry = corrected_entry(before, entering, decided.tier, decided.lowered_by)
            elif now.tier is not None and now.overridden_until is None:
                self._keep_entry_in_mind(member, entry)
            self.entries[member] = entry

    def _keep_entry_in_mind(self, member: UUID, entry: MemberEntry) -> None:
        now, decided = self.standing, self.decided_at_entry.get(member)
        assert now.tier is not None
        assert now.ladder is not None
        fell = entry.row is not None and entry.row.kind == "downgrade"
        if not fell and (decided is None or now.rank >= decided.rank):
            began_row = entry.row is not None
            self.decided_at_entry[member] = _HighestDecision(now.tier, now.rank, now.ladder, began_row, now.rank)

    def _part_of(self, member: UUID) -> "_Walk":
        return next(part for part in self.parts if member in part.timeline.everybody)

    def standing_of(self, member: UUID) -> Standing:
        """Where a member stands; without a row of all members it stands where it stood when they became one."""
        if self.begins is None:
            return self.standing
        if not self.saved:  # it is one with others at the very instant at which it was one with these
            return self._part_of(member).standing_of(member)
        return standing_of_member(self.entries[member], self.standing, self.begins, has_rows=bool(self.rows))

    def rows_of(self, member: UUID) -> list[TierChange]:
        """All rows of a member."""
        if not self.parts:
            return self.rows
        if not self.saved:
            return self._part_of(member).rows_of(member)
        entry = self.entries[member]
        rows = [row if row.customer_id == member else replace(row, customer_id=member) for row in self.rows]
        return [*self._part_of(member).rows_of(member), *([] if entry.row is None else [entry.row]), *rows]

    def watches_of(self, member: UUID) -> list[Watch]:
        """All watches of a member, with the one that goes on."""
        watches = list(self.watches)
        if self.standing.below_since is not None:
            assert self.standing.grace_until is not None
            watches.append(Watch(self.standing.below_since, self.standing.grace_until, None))
        if self.begins is None:
            return watches
        return watches_of_member(self._part_of(member).watches_of(member), watches, self.begins)

    def reviews_of(self, member: UUID) -> list[LifeReview]:
        """What the reviews made of a member."""
        return [*self._part_of(member).reviews_of(member), *self.reviews] if self.parts else self.reviews

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
        if not _fell(now, decided, policy):
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
