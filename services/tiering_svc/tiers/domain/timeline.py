"""Everything that can change the tier of one customer (T10), by when it happened: what its life is folded from."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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


class PromiseChange(NamedTuple):
    """From an instant on the tier is promised until another one, or (None) no longer promised."""

    at: datetime
    until: datetime | None


@dataclass(slots=True)
class TimelineInstant:
    """What happened at one instant, in the order in which it counts: an override ends, orders are placed and members
    join or leave, an override begins, a promise changes, reviews look at what there is."""

    at: datetime
    ended: TierOverride | None = None
    orders: list[int] = field(default_factory=list)  # their places in the timeline's orders
    override: TierOverride | None = None
    promise: PromiseChange | None = None
    reviews: list[AppliedReview] = field(default_factory=list)
    regrouped: bool = False  # the group that the customer is the head of has other members from now on


@dataclass(frozen=True, slots=True)
class CustomerTimeline:
    """The facts of one customer. Orders are as they were placed, by time; `snapshots` has what else the policies look
    at, by instant, months of the window and members, for the policies that look at more than orders.

    Where policies grade groups together (P2), the head of one has `group`, and among its orders and reversals those of
    everybody who ever was a member, with who placed them in `buyers`. They count while that customer is a member."""

    customer_id: UUID
    first_known: datetime  # when the first of its own facts was recorded; any instant after all, where it has none
    orders: Sequence[Order] = ()
    reversals: Sequence[TimedReversal] = ()  # by when they happened
    overrides: Sequence[TierOverride] = ()
    promises: Sequence[PromiseChange] = ()  # by when they hold from
    snapshots: Mapping[SnapshotKey, CustomerSnapshot] = field(default_factory=dict)
    group: GroupHistory | None = None
    headed_from: datetime | None = None  # when it was first recorded that somebody is below the customer
    buyers: Mapping[UUID, UUID] = field(default_factory=dict)  # of other members' orders

    def members_at(self, instant: datetime, policy: Policy) -> tuple[UUID, ...]:
        """By whose figures a policy grades the customer at an instant, itself first."""
        if self.group is None or not policy.together:
            return (self.customer_id,)
        return self.group.members_at(instant)

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
        yield from (order.placed_at for order in self.orders if order.order_id not in self.buyers)
        yield from self.reversed_at
        yield from self.privileges_at

    @property
    def reversed_at(self) -> Iterator[datetime]:
        """When anything came back of the customer's own orders."""
        return (reversal.at for reversal in self.reversals if reversal.reversal.order_id not in self.buyers)

    @property
    def known_from(self) -> datetime:
        """When the customer became known: by its first fact, or as the head of a group (P2)."""
        return self.first_known if self.headed_from is None else min(self.first_known, self.headed_from)

    def instants(self, reviews: Sequence[AppliedReview]) -> list[TimelineInstant]:
        """All instants at which something happened, in order, with these reviews of everybody."""
        by_time: defaultdict[datetime, TimelineInstant] = _ByTime()
        for index, order in enumerate(self.orders):
            by_time[order.placed_at].orders.append(index)
        for override in self.overrides:
            by_time[override.starts_at].override = override
            if override.ends_at is not None:
                by_time[override.ends_at].ended = override
        for promise in self.promises:
            by_time[promise.at].promise = promise
        for changed_at in () if self.group is None else self.group.since:
            by_time[changed_at].regrouped = True
        for review in reviews:
            by_time[review.as_of].reviews.append(review)
        return [by_time[at] for at in sorted(by_time)]


class _ByTime(defaultdict[datetime, TimelineInstant]):
    def __missing__(self, at: datetime) -> TimelineInstant:
        self[at] = instant = TimelineInstant(at)
        return instant
