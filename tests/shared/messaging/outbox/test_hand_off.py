"""What a process commits goes to its relay past the database, and keeps its order per key all the same."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.events import CustomerReferenceRegistered
from shared.messaging import Transaction, announce
from shared.messaging.broker.interface import Message
from shared.messaging.database.outbox_writer import SHARDS, OutboxRow, shard_of
from shared.messaging.outbox import hand_off
from shared.messaging.outbox.hand_off import HandOff
from shared.messaging.outbox.relay import Relay
from tests.shared.messaging.world import Running, World, read_ring, seen, until

ALL = range(SHARDS)
AT = datetime(2026, 11, 1, tzinfo=UTC)


def row(key: str, seq: int, position: int = 0) -> OutboxRow:
    return OutboxRow(position, AT, uuid4(), "patron.intake", key, seq, "x", "{}", None, AT, shard_of(key))


def taken(handed: HandOff, shards: Sequence[int] = ALL, most: int = 100) -> list[tuple[str, int]]:
    rows = handed.take(shards, most)
    handed.have_been_sent(rows)
    return [(each.key, each.seq) for each in rows]


def fresh() -> HandOff:
    handed = HandOff()
    handed.sweep_due = False
    return handed


@pytest.mark.pure
def test_a_first_event_and_those_after_it_are_sent() -> None:
    handed = fresh()
    handed.add([row("a", 1), row("b", 1), row("a", 2)])
    handed.add([row("a", 3)])
    assert taken(handed) == [("a", 1), ("b", 1), ("a", 2), ("a", 3)]
    assert not handed.sweep_due


@pytest.mark.pure
def test_what_follows_an_event_that_is_not_known_to_be_sent_is_left_to_the_sweep() -> None:
    handed = fresh()
    handed.add([row("a", 7), row("b", 1)])
    assert taken(handed) == [("b", 1)]
    assert handed.sweep_due, "its predecessor may be another process's"


@pytest.mark.pure
def test_commits_that_are_told_in_another_order_are_sent_in_their_own() -> None:
    handed = fresh()
    handed.add([row("a", 1)])
    assert taken(handed) == [("a", 1)]
    handed.add([row("a", 3)])
    handed.add([row("a", 2)])
    assert taken(handed) == [("a", 2)], "the third is left to the sweep"
    assert handed.sweep_due


@pytest.mark.pure
def test_what_a_sweep_has_sent_is_not_sent_again() -> None:
    handed = fresh()
    handed.add([row("a", 1), row("a", 2)])
    handed.have_been_sent([row("a", 1)])
    assert taken(handed) == [("a", 2)]
    handed.add([row("a", 2)])
    assert taken(handed) == []
    assert not handed.sweep_due


@pytest.mark.pure
def test_shards_of_others_are_theirs() -> None:
    handed = fresh()
    handed.add([row("a", 1), row("b", 1)])
    assert taken(handed, [shard_of("b")]) == [("b", 1)]
    assert not handed.sweep_due


@pytest.mark.pure
def test_after_a_break_nothing_is_known_to_be_sent() -> None:
    handed = fresh()
    handed.add([row("a", 1)])
    assert taken(handed) == [("a", 1)]
    handed.add([row("a", 2)])
    handed.forget()
    assert handed.sweep_due
    handed.add([row("a", 3)])
    assert taken(handed) == []


@pytest.mark.pure
def test_neither_a_broker_that_is_away_nor_many_streams_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_off, "MOST_WAITING", 3)
    monkeypatch.setattr(hand_off, "MOST_STREAMS", 2)
    handed = fresh()
    handed.add([row("a", 1), row("b", 1)])
    handed.add([row("c", 1), row("d", 1)])
    assert handed.sweep_due
    assert taken(handed) == []
    handed.have_been_sent([row("a", 1), row("b", 1), row("a", 2), row("c", 1)])
    handed.add([row("a", 3), row("b", 2), row("c", 2)])
    assert taken(handed) == [("a", 3), ("c", 2)], "what was sent lately is remembered"


async def test_what_is_committed_here_is_sent_without_being_read_back(world: World) -> None:
    async with Running(world) as running:
        [relay] = running.relays

        async def swept() -> bool:
            return len(relay.shards) == SHARDS and not relay.handed.sweep_due

        await until(swept, "all shards are held and swept")
        relay._sweep_at = asyncio.get_running_loop().time() + 3600
        for number in range(5):
            await world.write(*(seen(n, str(number)) for n in range(4)))

        async def applied() -> bool:
            return [await world.refs(n) for n in range(4)] == [[str(number) for number in range(5)]] * 4

        await until(applied, "no sweep was needed")
        relay._sweep_at = 0.0
        relay.hand_over([])  # it waits for the next sweep
    left = await world.owner.run(lambda tx: tx.raw.fetchval("select count(*) from outbox_unsent"))
    assert left == 0


async def test_two_processes_that_write_the_same_keys_reorder_none(world: World) -> None:
    """Each has its relay and its connections; commits of both alternate, and each hands over only its own."""
    others = type(world.owner)(world.owner.url)
    relays = [Relay(owner, world.broker, read_ring) for owner in (world.owner, others)]
    stop = asyncio.Event()
    for owner, relay in zip((world.owner, others), relays, strict=True):
        owner.when_announced = relay.hand_over
    sent: dict[bytes, list[int]] = defaultdict(list)

    def note(messages: Sequence[Message]) -> Sequence[Message]:
        for message in messages:
            sent[message.key or b""].append(int(dict(message.headers)["ce_seq"]))
        return messages

    world.broker.mangle = note
    tasks = [asyncio.create_task(relay.run(stop)) for relay in relays]

    async def write(owner_number: int) -> None:
        dice = random.Random(owner_number)
        owner = (world.owner, others)[owner_number % 2]
        for number in range(40):
            events = [seen(dice.randrange(5), f"{owner_number}.{number}.{i}") for i in range(dice.randrange(1, 4))]
            await owner.run(lambda tx, events=events: _announce(tx, events))  # type: ignore[misc]

    await asyncio.gather(*(write(number) for number in range(6)))

    async def all_sent() -> bool:
        return bool(await world.owner.run(lambda tx: tx.raw.fetchval("select not exists (select from outbox_unsent)")))

    await until(all_sent, "everything is sent")
    stop.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 20)
    await others.close()
    assert len(sent) == 5
    for numbers in sent.values():
        first_times = list(dict.fromkeys(numbers))
        assert first_times == list(range(1, len(first_times) + 1)), "sent again perhaps, never before its predecessor"


async def _announce(tx: Transaction, events: Sequence[CustomerReferenceRegistered]) -> None:
    announce(tx, events)


async def test_a_send_that_breaks_leaves_all_to_the_sweep(world: World) -> None:
    breaks = 3

    def break_now_and_then(messages: Sequence[Message]) -> Sequence[Message]:
        nonlocal breaks
        if breaks:
            breaks -= 1
            raise ConnectionResetError
        return messages

    world.broker.mangle = break_now_and_then
    async with Running(world):
        for number in range(10):
            await world.write(*(seen(n, str(number)) for n in range(3)))

        async def applied() -> bool:
            everything = [await world.refs(n) for n in range(3)] == [[str(number) for number in range(10)]] * 3
            return everything and breaks == 0  # a subscriber that pulls may be done before the relay is

        await until(applied, "everything took effect once, in order")
