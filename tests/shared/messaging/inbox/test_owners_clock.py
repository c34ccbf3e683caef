"""K26: an owner's clock is wrong, or jumps, and a lost last event is found all the same."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.messaging import Transaction
from shared.messaging.broker.interface import Offsets
from shared.messaging.inbox.received import read_message
from tests.shared.messaging.clocks import with_clock
from tests.shared.messaging.world import RING, World, customer, seen

MINUTE, SLOW, FAST_CLOCK = timedelta(minutes=1), timedelta(minutes=-10), timedelta(minutes=10)


async def compare(world: World, times: int = 1) -> None:
    """What a running consumer does every 20 seconds."""
    for _ in range(times):
        await world.consumer.reconcile()
        await world.consumer.until_pulled()


async def brought(world: World) -> None:
    """The broker brings what was written so far; it loses what comes later."""
    await world.inbox.apply([read_message(message, RING) for message in await world.messages()])


@pytest.mark.parametrize("skew", [SLOW, FAST_CLOCK])
async def test_K26_a_lost_last_event_is_found_though_the_owners_clock_is_wrong(world: World, skew: timedelta) -> None:
    async with with_clock(world.owner, skew) as wrong:
        world.owner = world.direct.database = wrong.database
        await world.write(seen(1, "1"))
        await brought(world)
        await compare(world)
        await world.write(seen(1, "2"))  # which the broker loses
        await compare(world, 3)  # a minute
        assert await world.refs(1) == ["1", "2"]


async def test_K26_a_clock_that_is_set_back_hides_nothing(world: World) -> None:
    async with with_clock(world.owner, FAST_CLOCK) as wrong:
        world.owner = world.direct.database = wrong.database
        await world.write(seen(1, "1"))
        await brought(world)
        await compare(world)
        await wrong.jump(timedelta(0))
        await world.write(seen(1, "2"))
        await compare(world, 3)
        assert await world.refs(1) == ["1", "2"]


async def test_only_what_changed_since_the_last_comparison_is_told(world: World) -> None:
    """By the owner's time, whatever that is: with its clock fast by ten minutes a consumer's own would ask for all."""
    async with with_clock(world.owner, timedelta(hours=-3)) as wrong:
        world.owner = world.direct.database = wrong.database
        await world.write(seen(1, "1"))
        await compare(world)
        await wrong.jump(timedelta(0))
        await compare(world)
        await world.write(seen(2, "1"))
        await compare(world)
        assert [head.key for page in world.direct.pages[-1:] for head in page.heads] == [str(customer(2))]


async def test_K15_what_a_long_transaction_commits_after_a_comparison_is_told_by_the_next(world: World) -> None:
    """Its head has the time of its writing, and lies before the comparison that could not see it yet."""
    await compare(world)
    written, end = asyncio.Event(), asyncio.Event()

    async def write_slowly(tx: Transaction) -> None:
        await tx.raw.execute(
            "insert into stream_head values ('patron.intake', $1, 1, gen_random_uuid(), now() - interval '9 minutes')",
            str(customer(1)),
        )
        written.set()
        await end.wait()

    writing = asyncio.create_task(world.owner.run(write_slowly))
    await written.wait()
    try:
        page = await world.direct.read_heads("patron.intake", after="", changed_since=None)
        began = await world.owner.run(
            lambda tx: tx.raw.fetchval(
                """select min(xact_start) from pg_stat_activity
                   where backend_xid is not null and datname = current_database()"""
            )
        )
    finally:
        end.set()
        await writing
    assert (page.heads, page.as_of <= began) == ([], True)


class ReadsSlowly:
    """A consumer whose broker takes its time to say how far it is."""

    def __init__(self) -> None:
        self.questions = 0
        self.at_once = 0
        self.most_at_once = 0

    async def ends(self) -> Offsets:
        return {}

    async def has_read(self, ends: Offsets) -> bool:
        self.questions += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        return True


async def test_comparisons_asked_for_at_the_same_time_are_made_one_after_the_other(world: World) -> None:
    """A broker found to be another one asks for one in full while the usual one may be under way."""
    await world.write(*(seen(n, "1") for n in range(5)))
    slow = ReadsSlowly()
    world.consumer.consumer = slow  # type: ignore[assignment]
    await world.consumer.reconcile()
    pulled: Sequence[object] = await asyncio.gather(
        world.consumer.reconcile(), world.consumer.reconcile(in_full=True), world.consumer.reconcile()
    )
    await world.consumer.until_pulled()
    assert len(pulled) == 3
    assert slow.questions > 0
    assert slow.most_at_once == 1
    assert [await world.refs(n) for n in range(5)] == [["1"]] * 5
