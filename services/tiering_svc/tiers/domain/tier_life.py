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
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.policies.domain.policy_timeline import PolicyTimeline
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
    standing_of_member,
    watches_of_member,
)
from services.tiering_svc.tiers.domain.life_steps import HighestDecision, LifeReview, LifeSteps, fell
from services.tiering_svc.tiers.domain.overrides import begin_override
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.tier_changes import TierChange
from services.tiering_svc.tiers.domain.timeline import CustomerTimeline, TimelineInstant

__all__ = ["NO_ID", "LifeReview", "TierLife", "Watch", "tier_life"]


@dataclass(frozen=True, slots=True)
class TierLife:
    """The whole history: where it has come to, its rows and watches, and what each review decided."""

    standing: Standing
    rows: Sequence[TierChange]
    watches: Sequence[Watch]
    reviews: Sequence[LifeReview]
    of_others: frozenset[str] = frozenset()  # ids of the overrides that were set for others who are one with it


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


class _Walk(LifeSteps):
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
        self.decided: dict[int, HighestDecision] = {}
        self.entries: dict[UUID, MemberEntry] = {}
        self.decided_at_entry: dict[UUID, HighestDecision] = {}
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

    # --- whose life it is ---

    def _enter(self, instant: TimelineInstant, change: TierChange | None, policy: Policy, month: date) -> None:
        """Each member comes from its own tier into that of all; a higher one decided before something came back leaves
        a correction, as anywhere (K18)."""
        now, facts = self.standing, self._facts(policy, instant.at, month)
        entering = Entering(instant.at, now, self.override_on, change, self.origin, policy, facts, month)
        for member in self.timeline.everybody:
            part = self._part_of(member)
            before = part.standing_of(member)
            entry, decided = entered(before, part.override_of(member), entering), self.decided_at_entry.get(member)
            if decided is not None and now.overridden_until is None and fell(now, decided, policy):
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
            self.decided_at_entry[member] = HighestDecision(now.tier, now.rank, now.ladder, began_row, now.rank)

    def _part_of(self, member: UUID) -> "_Walk":
        return next(part for part in self.parts if member in part.timeline.everybody)

    def standing_of(self, member: UUID) -> Standing:
        """Where a member stands; without a row of all members it stands where it stood when they became one."""
        if self.begins is None:
            return self.standing
        if not self.saved:  # it is one with others at the very instant at which it was one with these
            return self._part_of(member).standing_of(member)
        return standing_of_member(self.entries[member], self.standing, self.begins, has_rows=bool(self.rows))

    def override_of(self, member: UUID) -> UUID | None:
        """The override by which a member stands where it does."""
        return self.override_on if not self.parts or self.saved else self._part_of(member).override_of(member)

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
