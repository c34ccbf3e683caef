"""Which customers are one, as every service keeps it: roots, members, who was one once, events in any order (P12)."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.complaint_svc.subscriptions import subscriptions as of_complaint
from services.gateway.subscriptions import subscriptions as of_gateway
from services.loyalty_svc.subscriptions import subscriptions as of_loyalty
from services.tiering_svc.subscriptions import subscriptions as of_tiering
from shared.customers import (
    forget_merges,
    list_connected,
    list_members,
    list_roots,
    when_customers_are_merged_keep_it,
    when_customers_are_unmerged_end_it,
)
from shared.events import CustomersMerged, CustomersUnmerged, Event
from shared.messaging import Database, Subscriptions

SERVICE = "complaint"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
A, B, C, D, E = (UUID(int=number) for number in range(1, 6))
Deliver = Callable[..., Awaitable[Any]]

MERGES_ALONE = Subscriptions()
MERGES_ALONE.on(CustomersMerged, when_customers_are_merged_keep_it)
MERGES_ALONE.on(CustomersUnmerged, when_customers_are_unmerged_end_it)


def hours(count: int) -> datetime:
    return NOON + timedelta(hours=count)


def merged(number: int, root: UUID, absorbed: UUID, at: int, *, key: UUID | None = None) -> CustomersMerged:
    return CustomersMerged(
        customer_id=key or root, merge_id=UUID(int=number), root_id=root, absorbed_id=absorbed, merged_at=hours(at)
    )


def unmerged(merge: CustomersMerged, at: int, *, key: UUID | None = None) -> CustomersUnmerged:
    names = {"merge_id": merge.merge_id, "root_id": merge.root_id, "absorbed_id": merge.absorbed_id}
    return CustomersUnmerged(
        customer_id=key or merge.customer_id, **names, merged_at=merge.merged_at, unmerged_at=hours(at)
    )


async def roots(database: Database, *customers: UUID, at: int | None = None) -> Mapping[UUID, UUID]:
    return await database.run(lambda tx: list_roots(tx, customers, None if at is None else hours(at)))


async def members(database: Database, *customers: UUID, at: int | None = None) -> Mapping[UUID, tuple[UUID, ...]]:
    return await database.run(lambda tx: list_members(tx, customers, None if at is None else hours(at)))


async def test_P12_who_was_never_merged_stands_for_itself(database: Database) -> None:
    assert await roots(database, A, B) == {A: A, B: B}
    assert await members(database, A) == {A: (A,)}
    assert await database.run(lambda tx: list_connected(tx, [B, A, B])) == [A, B]


async def test_P12_a_chain_of_merges_has_one_root_and_all_its_members(database: Database, deliver: Deliver) -> None:
    await deliver(database, MERGES_ALONE, [merged(1, B, A, 1), merged(2, C, B, 2), merged(3, C, D, 3)])
    assert await roots(database, A, B, C, D, E) == {A: C, B: C, C: C, D: C, E: E}
    assert await members(database, A, E) == {A: (C, A, B, D), E: (E,)}


async def test_P12_members_as_of_an_instant_are_those_of_then(database: Database, deliver: Deliver) -> None:
    first, second = merged(1, B, A, 1), merged(2, C, B, 2)
    await deliver(database, MERGES_ALONE, [first, second, unmerged(second, 4)])
    assert (await members(database, A, at=0))[A] == (A,)
    assert (await members(database, A, at=1))[A] == (B, A)  # the instant of the merge belongs to it
    assert (await members(database, A, at=3))[A] == (C, A, B)
    assert (await members(database, A, at=4))[A] == (B, A)  # the instant of its undoing does not
    assert (await members(database, C))[C] == (C,)


async def test_P12_who_was_one_with_a_customer_once_stays_connected(database: Database, deliver: Deliver) -> None:
    first = merged(1, B, A, 1)
    await deliver(database, MERGES_ALONE, [first, unmerged(first, 2), merged(2, C, B, 3)])
    assert await database.run(lambda tx: list_connected(tx, [A])) == [A, B, C]


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_P12_both_events_of_a_merge_and_its_undoing_in_any_order_are_the_same(
    database: Database, deliver: Deliver, order: tuple[int, ...]
) -> None:
    merge = merged(1, B, A, 1)
    events: Sequence[Event] = (merge, merged(1, B, A, 1, key=A), unmerged(merge, 2), unmerged(merge, 2, key=A))
    for place in order:
        await deliver(database, MERGES_ALONE, [events[place]])
    rows = await database.run(lambda tx: tx.raw.fetch("select absorbed_id, root_id, unmerged_at from customer_merge"))
    assert [tuple(row) for row in rows] == [(A, B, hours(2))]


@pytest.mark.parametrize("key", [A, B])
async def test_P12_either_event_of_a_merge_is_enough(database: Database, deliver: Deliver, key: UUID) -> None:
    await deliver(database, MERGES_ALONE, [merged(1, B, A, 1, key=key)])
    assert await roots(database, A) == {A: B}


async def test_P12_facts_that_make_a_circle_for_a_moment_end(database: Database, deliver: Deliver) -> None:
    """The undoing of the first one is on its way under another key."""
    await deliver(database, MERGES_ALONE, [merged(1, B, A, 1), merged(2, C, B, 3), merged(3, A, C, 4)])
    assert set((await members(database, A))[A]) == {A, B, C}


@pytest.mark.parametrize("kept_by", [of_complaint, of_gateway, of_loyalty, of_tiering])
async def test_P12_every_service_keeps_merges_and_can_make_them_anew(kept_by: Subscriptions) -> None:
    copy = kept_by.copies["merges"]
    assert copy.handlers == {
        CustomersMerged.type: [when_customers_are_merged_keep_it],
        CustomersUnmerged.type: [when_customers_are_unmerged_end_it],
    }


async def test_P12_merges_forgotten_of_one_customer_leave_those_of_others(database: Database, deliver: Deliver) -> None:
    await deliver(database, MERGES_ALONE, [merged(1, B, A, 1), merged(2, D, C, 1)])
    await database.run(lambda tx: forget_merges(tx, [str(A), "not-an-id"]))
    assert await roots(database, A, C) == {A: A, C: D}


Interval = tuple[UUID, UUID, int, int | None]


def _absorbing(intervals: Sequence[Interval], at: int) -> Iterator[tuple[UUID, UUID]]:
    for absorbed, root, since, until in intervals:
        if since <= at and (until is None or at < until):
            yield absorbed, root


def expected_members(intervals: Sequence[Interval], customer: UUID, at: int) -> tuple[UUID, ...]:
    """An oracle: up to the root one by one, then all that can be reached from it downwards."""
    above = dict(_absorbing(intervals, at))
    while customer in above:
        customer = above[customer]
    reached = {customer}
    for _ in intervals:
        reached |= {absorbed for absorbed, root in _absorbing(intervals, at) if root in reached}
    return (customer, *sorted(reached - {customer}))


@st.composite
def lives(draw: st.DrawFn) -> list[Interval]:
    """Merges and undoings, one an hour, as profile allows them: the last made is the first undone."""
    intervals: list[Interval] = []
    for hour in range(1, draw(st.integers(1, 8)) + 1):
        standing = [place for place, interval in enumerate(intervals) if interval[3] is None]
        if standing and draw(st.sampled_from([True, False])):
            absorbed, root, since, _ = intervals[standing[-1]]
            intervals[standing[-1]] = (absorbed, root, since, hour)
            continue
        above = dict(_absorbing(intervals, hour))
        tops = [customer for customer in (A, B, C, D, E) if customer not in above]
        if len(tops) > 1:
            absorbed, root = draw(st.permutations(tops))[:2]
            intervals.append((absorbed, root, hour, None))
    return intervals


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=lives(), at=st.integers(0, 9), chance=st.randoms(use_true_random=False))
async def test_P12_roots_and_members_are_those_of_a_walk_by_hand(
    database: Database, deliver: Deliver, life: list[Interval], at: int, chance: Random
) -> None:
    events: list[Event] = []
    for number, (absorbed, root, since, until) in enumerate(life, 1):
        merge = merged(number, root, absorbed, since, key=chance.choice([root, absorbed]))
        events += [merge] if until is None else [merge, unmerged(merge, until, key=chance.choice([root, absorbed]))]
    chance.shuffle(events)
    await database.run(lambda tx: tx.raw.execute("truncate customer_merge"))
    for event in events:
        await deliver(database, MERGES_ALONE, [event])
    everybody = await members(database, A, B, C, D, E, at=at)
    assert everybody == {customer: expected_members(life, customer, at) for customer in (A, B, C, D, E)}
