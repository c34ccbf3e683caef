"""Everything that can change the tier of one customer (T10), by when it happened: what its life is folded from."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from services.tiering_svc.indicators.domain.group_history import GroupHistory
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.policies.domain.policy_timeline import AppliedReview

SnapshotKey = tuple[datetime, int, tuple[UUID, ...]]
PrivilegeEnding = Literal["override_end", "override_cancelled"]


class TimedReversal(NamedTuple):
    """What came back of an order, and when; never before the order was placed."""

    at: datetime
    change_id: UUID
    reversal: Reversal


class TierOverride(NamedTuple):
    """A tier that a person set, by the policy in force then, from an instant until another. `ends_at`: when it ended,
    by itself or early; None: it has not ended yet."""

    override_id: UUID
    tier: str
    policy: Policy
    starts_at: datetime
    until: datetime
    ends_at: datetime | None
    ending: PrivilegeEnding
    reason: str
    by: str
    customer_id: UUID | None = None  # for whom it was set, where several customers are one (P12)


class PromiseChange(NamedTuple):
    """From an instant on the tier is promised until another one, or (None) no longer promised."""

    at: datetime
    until: datetime | None
    customer_id: UUID | None = None  # to whom, where several customers are one (P12)


@dataclass(slots=True)
class TimelineInstant:
    """What happened at one instant, in the order in which it counts: customers become one, an override ends, orders are
    placed and members join or leave, an override begins, promises change, reviews look at what there is."""

    at: datetime
    merged: bool = False  # two customers are one from now on (P12)
    ended: list[TierOverride] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)  # their places in the timeline's orders
    override: TierOverride | None = None
    promises: list[PromiseChange] = field(default_factory=list)
    reviews: list[AppliedReview] = field(default_factory=list)
    regrouped: bool = False  # the group that the customer is the head of has other members from now on

    @property
    def grades(self) -> bool:
        """Whether the governing policy may have to look at the figures."""
        return bool(self.orders or self.ended or self.reviews or self.regrouped or self.merged)


@dataclass(frozen=True, slots=True)
class CustomerTimeline:
    """The facts of one customer. Orders are as they were placed, by time; `snapshots` has what else the policies look
    at, by instant, months of the window and members, for the policies that look at more than orders.

    Where policies grade groups together (P2), the head of one has `group`, and among its orders and reversals those of
    everybody who ever was a member, with who placed them in `buyers`. They count while that customer is a member.

    Of customers who were merged (P12) there is one timeline, with the facts of all: until `joined.at` that of the root
    and that of the absorbed one go on for themselves, from then on they are one. `identity`: who is one with whom. The
    timeline is the same for each of them but for `customer_id`, whose life is asked for."""

    customer_id: UUID
    first_known: datetime  # when the first of its own facts was recorded; any instant after all, where it has none
    orders: Sequence[Order] = ()
    reversals: Sequence[TimedReversal] = ()  # by when they happened
    overrides: Sequence[TierOverride] = ()
    promises: Sequence[PromiseChange] = ()  # by when they hold from
    snapshots: Mapping[SnapshotKey, CustomerSnapshot] = field(default_factory=dict)
    group: GroupHistory | None = None
    headed_from: datetime | None = None  # when it was first recorded that somebody is below the customer
    buyers: Mapping[UUID, UUID] = field(default_factory=dict)  # of other members' orders; of merged ones of all orders
    joined: "JoinedTimelines | None" = None
    identity: GroupHistory | None = None

    def members_at(self, instant: datetime, policy: Policy) -> tuple[UUID, ...]:
        """By whose figures a policy grades the customer at an instant, itself (of merged ones the root) first."""
        history = self._history_for(policy)
        return (self.customer_id,) if history is None else history.members_at(instant)

    def customers_at(self, instant: datetime, policy: Policy) -> int:
        """How many customers these members are."""
        history = self._history_for(policy)
        return 1 if history is None else history.customers_at(instant)

    def _history_for(self, policy: Policy) -> GroupHistory | None:
        return self.group if self.group is not None and policy.together else self.identity

    @property
    def everybody(self) -> tuple[UUID, ...]:
        """All who are one in the end: the customer alone, or the root and all that it absorbed."""
        if self.joined is None:
            return (self.customer_id,)
        return (*self.joined.root.everybody, *self.joined.absorbed.everybody)

    @property
    def intervals(self) -> "Iterator[tuple[CustomerTimeline, datetime | None]]":
        """The timeline itself and those that were joined in it, each with the instant before which it ends (None: it
        goes on)."""
        yield self, None
        if self.joined is not None:
            for part in (self.joined.root, self.joined.absorbed):
                for interval, before in part.intervals:
                    yield interval, self.joined.at if before is None else before

    def with_snapshots(self, snapshots: Mapping[SnapshotKey, CustomerSnapshot]) -> "CustomerTimeline":
        """The same with these snapshots, in all its parts."""
        joined = self.joined
        if joined is not None:
            joined = JoinedTimelines(
                joined.at, joined.root.with_snapshots(snapshots), joined.absorbed.with_snapshots(snapshots)
            )
        return replace(self, snapshots=snapshots, joined=joined)

    def buyer_of(self, order: Order) -> UUID:
        """Who placed one of the orders."""
        return self.buyers.get(order.order_id, self.customer_id)

    @property
    def privileges_at(self) -> Iterator[datetime]:
        """When a person's word began or ended to count."""
        for override in self.overrides:
            yield override.starts_at
            if override.ends_at is not None:
                yield override.ends_at
        yield from (promise.at for promise in self.promises)

    @property
    def facts_at(self) -> Iterator[datetime]:
        """When the facts of the customer itself happened."""
        own = frozenset(self.everybody)
        yield from (order.placed_at for order in self.orders if self.buyer_of(order) in own)
        yield from self.reversed_at
        yield from self.privileges_at
        yield from self.joined_at

    @property
    def reversed_at(self) -> Iterator[datetime]:
        """When anything came back of the customer's own orders."""
        own = frozenset(self.everybody)
        for reversal in self.reversals:
            if self.buyers.get(reversal.reversal.order_id, self.customer_id) in own:
                yield reversal.at

    @property
    def joined_at(self) -> Iterator[datetime]:
        """When customers became one."""
        if self.joined is not None:
            yield self.joined.at
            yield from self.joined.root.joined_at
            yield from self.joined.absorbed.joined_at

    @property
    def known_from(self) -> datetime:
        """When the customer became known: by its first fact, or as the head of a group (P2)."""
        return self.first_known if self.headed_from is None else min(self.first_known, self.headed_from)

    def instants(self, reviews: Sequence[AppliedReview], before: datetime | None = None) -> list[TimelineInstant]:
        """All instants at which something happened, in order, with these reviews of everybody; of what was joined from
        then on. `before`: only those until it was joined itself."""
        by_time: defaultdict[datetime, TimelineInstant] = _ByTime()
        for index, order in enumerate(self.orders):
            by_time[order.placed_at].orders.append(index)
        for override in self.overrides:
            by_time[override.starts_at].override = override
            if override.ends_at is not None:
                by_time[override.ends_at].ended.append(override)
        for promise in self.promises:
            by_time[promise.at].promises.append(promise)
        for changed_at in () if self.group is None else self.group.since:
            by_time[changed_at].regrouped = True
        for review in reviews:
            by_time[review.as_of].reviews.append(review)
        if self.joined is not None:
            by_time[self.joined.at].merged = True
        begins = None if self.joined is None else self.joined.at
        return [
            by_time[at]
            for at in sorted(by_time)
            if (begins is None or at >= begins) and (before is None or at < before)
        ]


class JoinedTimelines(NamedTuple):
    """Two timelines of different customers, who are one from an instant on (P12)."""

    at: datetime
    root: CustomerTimeline
    absorbed: CustomerTimeline


def join(
    root: CustomerTimeline, absorbed: CustomerTimeline, at: datetime, identity: GroupHistory,
    group: GroupHistory | None,
) -> CustomerTimeline:  # fmt: skip
    """The timeline of two customers who are one from `at` on. `identity`, `group`: those of the root."""
    parts = (root, absorbed)
    orders = {order.order_id: order for part in parts for order in part.orders}
    buyers = {order.order_id: part.buyer_of(order) for part in parts for order in part.orders}
    headed = [part.headed_from for part in parts if part.headed_from is not None]
    return CustomerTimeline(
        root.customer_id,
        min(part.first_known for part in parts),
        sorted(orders.values(), key=lambda order: (order.placed_at, order.order_id)),
        sorted({r.change_id: r for part in parts for r in part.reversals}.values(), key=lambda r: r[:2]),
        sorted((o for part in parts for o in part.overrides), key=lambda o: (o.starts_at, o.override_id)),
        sorted((p for part in parts for p in part.promises), key=lambda p: (p.at, p.until is not None)),
        group=group,
        headed_from=min(headed, default=None),
        buyers=buyers,
        joined=JoinedTimelines(at, root, absorbed),
        identity=identity,
    )


class _ByTime(defaultdict[datetime, TimelineInstant]):
    def __missing__(self, at: datetime) -> TimelineInstant:
        self[at] = instant = TimelineInstant(at)
        return instant
