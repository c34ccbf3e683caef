"""Points of a settled case are granted once: at once, or when it becomes known whose the case is (L2)."""

import asyncio
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from services.loyalty_svc.subscriptions import subscriptions
from shared.events import Event, PointsPosted
from shared.messaging import Database
from tests.loyalty_svc.builders import CASE, day, identified, order_placed, resolved
from tests.loyalty_svc.invariants import balances_of, broken_invariants
from tests.loyalty_svc.support import ANNA, BERT, Deliver, kinds

SERVICE = "loyalty"
FIRST, SECOND, THIRD = UUID(int=5), UUID(int=6), UUID(int=7)
UNDER_THE_CASE: list[Event] = [resolved(None, FIRST, 50), resolved(None, SECOND, 7)]
UNDER_THE_CUSTOMER: list[Event] = [identified(ANNA), resolved(ANNA, THIRD, 200)]
EMPTY = (
    "truncate adjustment, settlement_move, wallet, entry, posting, lot, case_owner, unassigned_settlement, "
    "stream_seen, stream_head, "
    "outbox"
)
GRANTED = "select customer_id, fact_id, case_id, points from entry where kind = 'grant' order by fact_id"


async def test_L2_a_settlement_grants_its_points_once(database: Database, handle: Any) -> None:
    grant = resolved(ANNA, UUID(int=5), 300)
    assert kinds(await handle(grant, resolved(ANNA, UUID(int=6), 0), resolved(None, UUID(int=7), 50))) == [
        ("grant", 300)
    ]
    assert kinds(await handle(grant)) == []
    assert await balances_of(database, ANNA) == (300, 0, 0)


@pytest.fixture
def grant_points_of(database: Database, deliver: Deliver) -> Any:
    """`await grant_points_of(fact, …)`: in one transaction; the points of each grant that was announced."""

    async def deliver_facts(*facts: Event) -> list[int]:
        announced = await deliver(database, subscriptions, list(facts), at=day(30))
        assert await broken_invariants(database) == {}
        return [e.points for e in announced if isinstance(e, PointsPosted) and e.kind == "grant"]

    return deliver_facts


async def granted(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await database.run(lambda tx: tx.raw.fetch(GRANTED))]


async def test_L2_a_settlement_of_nobody_is_granted_when_the_customer_is_identified(
    database: Database, grant_points_of: Any
) -> None:
    assert await grant_points_of(resolved(None, FIRST, 50)) == []
    assert await grant_points_of(identified(ANNA)) == [50]
    assert await granted(database) == [(ANNA, FIRST, CASE, 50)]
    lot = await database.run(lambda tx: tx.raw.fetchrow("select earned_at, expires_at from lot"))
    assert lot is not None
    assert tuple(lot) == (day(20), day(20).replace(year=2028))  # it lives from the resolution on


async def test_L2_a_settlement_of_nobody_heard_after_the_identification_is_granted_at_once(
    database: Database, grant_points_of: Any
) -> None:
    assert await grant_points_of(identified(ANNA)) == []
    assert await grant_points_of(resolved(None, FIRST, 50)) == [50]
    assert await granted(database) == [(ANNA, FIRST, CASE, 50)]


async def test_K8_a_settlement_of_nobody_heard_again_is_granted_once(database: Database, grant_points_of: Any) -> None:
    both = (resolved(None, FIRST, 50), identified(ANNA))
    assert await grant_points_of(*both, *both) == [50]
    for facts in (both, both[::-1], both[:1], both[1:]):
        assert await grant_points_of(*facts) == []
    assert await balances_of(database, ANNA) == (50, 0, 0)


async def test_L2_a_case_nobody_is_identified_in_grants_nothing_to_others(
    database: Database, grant_points_of: Any
) -> None:
    other = UUID(int=7_001)
    await grant_points_of(resolved(None, FIRST, 50), resolved(None, SECOND, 7, other), resolved(None, THIRD, 0, other))
    assert await grant_points_of(identified(BERT, other)) == [7]
    assert await grant_points_of(identified(ANNA)) == [50]
    assert await granted(database) == [(ANNA, FIRST, CASE, 50), (BERT, SECOND, other, 7)]


def every_interleaving() -> Iterator[list[Event]]:
    """Each key in its own order, and everything that may lie between."""
    for case_indexes in combinations(range(4), 2):
        case, customer = iter(UNDER_THE_CASE), iter(UNDER_THE_CUSTOMER)
        yield [next(case) if index in case_indexes else next(customer) for index in range(4)]


def every_cut(facts: list[Event]) -> Iterator[list[list[Event]]]:
    for cuts in range(2 ** (len(facts) - 1)):
        batches = [[facts[0]]]
        for index, fact in enumerate(facts[1:]):
            if cuts & 1 << index:
                batches.append([])
            batches[-1].append(fact)
        yield batches


async def test_L2_in_every_order_and_split_each_settlement_is_granted_once(
    database: Database, deliver: Deliver
) -> None:
    for facts in every_interleaving():
        for batches in every_cut(facts):
            await database.run(lambda tx: tx.raw.execute(EMPTY))
            for batch in batches:
                await deliver(database, subscriptions, batch, at=day(30))
            each = [(ANNA, FIRST, CASE, 50), (ANNA, SECOND, CASE, 7), (ANNA, THIRD, CASE, 200)]
            assert await granted(database) == each, batches
    assert await broken_invariants(database) == {}


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("resolution_first", [False, True])
async def test_L2_two_replicas_with_a_fact_each_do_not_miss_one_another(
    database: Database, deliver: Deliver, resolution_first: bool, known: bool
) -> None:
    """The later one waits for the case's row and then sees what the earlier one wrote."""
    if known:
        await deliver(database, subscriptions, [order_placed(ANNA, UUID(int=1), ("A", "10.00"))], at=day(1))
    facts = [resolved(None, FIRST, 50), identified(ANNA)]
    first, second = facts if resolution_first else facts[::-1]
    async with database.transaction(at=day(30)) as tx:
        await subscriptions.deliver(tx, [first])
        other = asyncio.create_task(deliver(database, subscriptions, [second], at=day(30)))
        await asyncio.wait([other], timeout=0.2)
        assert not other.done()
    await other
    assert await granted(database) == [(ANNA, FIRST, CASE, 50)]
    assert await broken_invariants(database) == {}


async def test_L2_a_crowd_of_cases_on_two_replicas_is_granted_once_each(database: Database, deliver: Deliver) -> None:
    cases = [UUID(int=7_100 + n) for n in range(24)]
    resolutions = [resolved(None, UUID(int=100 + n), n + 1, case) for n, case in enumerate(cases)]
    identities = [identified(ANNA if n % 2 else BERT, case) for n, case in enumerate(cases)]
    work = [deliver(database, subscriptions, resolutions[n : n + 6], at=day(30)) for n in range(0, 24, 6)]
    work += [deliver(database, subscriptions, identities[::step], at=day(30)) for step in (1, -1)]
    await asyncio.gather(*work)
    assert [row[3] for row in await granted(database)] == list(range(1, 25))
    assert await broken_invariants(database) == {}
