"""What enters: once, in order, nothing missed; poison is cornered and parked while other keys go on."""

import asyncio
import random
from uuid import UUID

import pytest

from shared.errors import DomainError
from shared.messaging import Transaction, announce
from shared.messaging.broker.interface import Message
from shared.messaging.database.outbox_writer import record
from shared.messaging.ids import new_id
from shared.messaging.inbox.received import ReceivedEvent, read_message
from shared.messaging.inbox.reconciliation import MAX_OBSERVATIONS
from tests.shared.messaging.world import RING, Running, World, customer, delivered, poll_all, seen, until


async def received_events(world: World) -> list[ReceivedEvent]:
    return [read_message(message, RING) for message in await world.messages()]


async def parked(world: World) -> list[tuple[UUID, str, int]]:
    rows = await world.subscriber.run(
        lambda tx: tx.raw.fetch("select parked_id, reason, seq from parked where ended_at is null order by parked_at")
    )
    return [(row["parked_id"], row["reason"], row["seq"]) for row in rows]


async def test_K8_a_consumer_that_starts_again_from_the_first_event_changes_nothing(world: World) -> None:
    for i in range(12):
        await world.write(*(seen(k, str(i)) for k in range(4)))
    log = await received_events(world)
    await world.inbox.apply(log)
    refs_before, positions_before = [await world.refs(k) for k in range(4)], await world.positions()
    assert refs_before == [[str(i) for i in range(12)]] * 4
    for start in (0, 7, 40):
        outcome = await world.inbox.apply(log[start:])
        assert outcome.applied == 0
        assert not outcome.gaps
    assert [await world.refs(k) for k in range(4)] == refs_before
    assert await world.positions() == positions_before


async def test_any_order_repetition_and_split_gives_each_effect_once_in_order(world: World) -> None:
    rng = random.Random(7)
    for i in range(25):
        await world.write(*(seen(rng.randrange(5), str(i)) for _ in range(rng.randrange(1, 4))), delivered(1))
    log = await received_events(world)
    expected = {
        str(customer(k)): [read_ref(a) for a in log if a.key == str(customer(k)) and b"source" in a.payload]
        for k in range(5)
    }
    mixed = log * 2
    rng.shuffle(mixed)
    while mixed:
        cut = rng.randrange(1, 12)
        outcome = await world.inbox.apply(mixed[:cut])
        del mixed[:cut]
        for topic, key in outcome.gaps:
            await world.inbox.pull(topic, key)
    for k in range(5):
        assert await world.refs(k) == expected[str(customer(k))]


def read_ref(event: ReceivedEvent) -> str:
    return event.payload.decode().split('"source":"')[1].split('"')[0]


async def test_K14_poison_waits_alone_and_the_rest_follows_in_order_when_it_is_retried(world: World) -> None:
    for i in range(1, 21):
        await world.write(seen(1, f"1.{i}"), seen(2, f"2.{i}"))
    world.poisoned = {"1.5"}
    await world.inbox.apply(await received_events(world))
    [(parked_id, reason, seq)] = await parked(world)
    assert (reason, seq) == ("poisoned", 5)
    assert await world.refs(1) == ["1.1", "1.2", "1.3", "1.4"]
    assert await world.refs(2) == [f"2.{i}" for i in range(1, 21)], "the other key never waited"

    await world.consumer.reconcile(in_full=True)
    await world.consumer.until_pulled()
    assert world.direct.questions == [], "nothing is asked for in vain while the key is blocked"

    world.poisoned = set()
    assert await world.inbox.retry(parked_id, "operator")
    assert await world.refs(1) == [f"1.{i}" for i in range(1, 21)]
    assert await parked(world) == []


async def test_K14_other_keys_never_wait_for_a_poisoned_one(world: World) -> None:
    await world.write(*(seen(k, "good") for k in range(6)), seen(3, "bad"), *(seen(k, "later") for k in range(6)))
    world.poisoned = {"bad"}
    await world.inbox.apply(await received_events(world))
    for k in (0, 1, 2, 4, 5):
        assert await world.refs(k) == ["good", "later"]
    assert await world.refs(3) == ["good"]


async def test_a_retry_that_fails_again_stays_parked_and_is_counted(world: World) -> None:
    await world.write(seen(1, "bad"))
    world.poisoned = {"bad"}
    await world.inbox.apply(await received_events(world))
    [(parked_id, _, _)] = await parked(world)
    assert not await world.inbox.retry(parked_id, "operator")
    tries = await world.subscriber.run(lambda tx: tx.raw.fetchval("select tries from parked"))
    assert tries == 6
    assert await world.refs(1) == []


async def test_dropping_records_the_hole_and_goes_on(world: World) -> None:
    await world.write(seen(1, "1"), seen(1, "bad"), seen(1, "3"))
    world.poisoned = {"bad"}
    await world.inbox.apply(await received_events(world))
    [(parked_id, _, _)] = await parked(world)
    await world.inbox.drop(parked_id, "operator")
    assert await world.refs(1) == ["1", "3"]
    holes = await world.subscriber.run(lambda tx: tx.raw.fetch("select key, seq, dropped_by from stream_hole"))
    assert [(h["key"], h["seq"], h["dropped_by"]) for h in holes] == [(str(customer(1)), 2, "operator")]
    with pytest.raises(DomainError, match="parked_not_found"):
        await world.inbox.drop(parked_id, "operator")


async def test_an_unreadable_event_is_parked_with_its_reason_and_never_its_payload(world: World) -> None:
    await world.write(seen(1, "1"), seen(1, "2"))
    first, second = await received_events(world)
    broken = first._replace(payload=b'{"customer_id": "secret words"}')
    await world.inbox.apply([broken, second])
    [(_, reason, seq)] = await parked(world)
    assert (reason, seq) == ("unreadable", 1)
    detail = await world.subscriber.run(lambda tx: tx.raw.fetchval("select detail from parked"))
    assert "secret" not in detail


async def test_a_type_nobody_knows_blocks_its_key_until_a_release_knows_it(world: World) -> None:
    await world.write(seen(1, "1"), seen(1, "2"), seen(1, "3"))
    first, second, third = await received_events(world)
    strange = second._replace(type="intake.not_yet_known.v1")
    await world.inbox.apply([first, strange, third])
    assert [reason for _, reason, _ in await parked(world)] == ["unknown_type"]
    await world.consumer.release_known_types()
    assert await world.refs(1) == ["1"], "this release still does not know it"
    await world.subscriber.run(
        lambda tx: tx.raw.execute("update parked set type = 'intake.customer_reference_registered.v1'")
    )
    await world.consumer.release_known_types()
    assert await world.refs(1) == ["1", "2", "3"]


async def test_an_event_without_a_handler_still_advances_the_mark(world: World) -> None:
    await world.write(delivered(1), seen(1, "x"))
    await world.inbox.apply(await received_events(world))
    assert await world.positions() == {str(customer(1)): 2}


async def test_the_same_number_with_another_id_stops_the_key(world: World) -> None:
    await world.write(seen(1, "1"))
    [first] = await received_events(world)
    await world.inbox.apply([first])
    await world.inbox.apply([first._replace(event_id=new_id())])
    assert [reason for _, reason, _ in await parked(world)] == ["diverged"]


async def test_a_gap_is_pulled_from_the_owner_while_others_go_on(world: World) -> None:
    await world.write(*(seen(1, str(i)) for i in range(10)), *(seen(2, str(i)) for i in range(3)))
    log = await received_events(world)
    outcome = await world.inbox.apply([a for a in log if a.seq not in (4, 5) or a.key != str(customer(1))])
    assert await world.refs(2) == ["0", "1", "2"]
    assert outcome.gaps == {("patron.intake", str(customer(1))): 4}
    assert await world.inbox.pull("patron.intake", str(customer(1))) == 7
    assert await world.refs(1) == [str(i) for i in range(10)]


async def test_K15_a_lost_last_event_is_found_by_comparing_heads(world: World) -> None:
    async with Running(world):
        await world.write(seen(1, "1"))

        async def first() -> bool:
            return await world.refs(1) == ["1"]

        await until(first, "the first arrives")
        world.broker.mangle = lambda messages: []  # the broker loses what it is given
        await world.write(seen(1, "last"))

        async def last() -> bool:
            return await world.refs(1) == ["1", "last"]

        await until(last, "the last one is pulled, though nothing after it shows a gap")


async def test_K15_events_lost_long_ago_are_found_by_a_consumer_that_starts_now(world: World) -> None:
    await world.write(seen(1, "1"), seen(2, "1"))
    await world.owner.run(
        lambda tx: tx.raw.execute("update stream_head set changed_at = changed_at - interval '1 day'")
    )
    await world.owner.run(lambda tx: tx.raw.execute("delete from outbox_unsent"))  # and the broker lost it
    async with Running(world):

        async def is_applied() -> bool:
            return [await world.refs(1), await world.refs(2)] == [["1"], ["1"]]

        await until(is_applied, "both are pulled, though neither head changed lately")


async def test_an_owner_that_is_away_when_the_broker_is_another_one_is_asked_when_it_is_back(world: World) -> None:
    await world.subscriber.run(
        lambda tx: tx.raw.execute("insert into broker_seen (one_row, cluster_id) values (1, 'the old one')")
    )
    await world.write(seen(1, "1"))
    await world.owner.run(lambda tx: tx.raw.execute("delete from outbox_unsent"))
    world.direct.down = True
    async with Running(world):

        async def consuming() -> bool:
            known = await world.subscriber.run(lambda tx: tx.raw.fetchval("select cluster_id from broker_seen"))
            return bool(known == world.broker.id)

        await until(consuming, "the consumer goes on with the new broker")
        world.direct.down = False

        async def is_applied() -> bool:
            return await world.refs(1) == ["1"]

        await until(is_applied, "what the old broker had not delivered is pulled")


async def test_a_broker_that_loses_doubles_and_reorders_changes_nothing(world: World) -> None:
    rng = random.Random(3)

    def mangle(messages: list[Message]) -> list[Message]:
        kept = [m for m in messages if rng.random() > 0.3]
        mixed = kept + [m for m in kept if rng.random() < 0.3]
        rng.shuffle(mixed)
        return mixed

    world.broker.mangle = mangle  # type: ignore[assignment]
    async with Running(world):
        for i in range(20):
            await world.write(*(seen(k, str(i)) for k in range(5)))

        async def complete() -> bool:
            return [len(await world.refs(k)) for k in range(5)] == [20] * 5

        await until(complete, "all of it took effect")
    for k in range(5):
        assert await world.refs(k) == [str(i) for i in range(20)]


async def test_a_broker_that_forgets_everything_loses_nothing(world: World) -> None:
    async with Running(world):
        await world.write(*(seen(k, "before") for k in range(20)))
        world.broker.forget_everything()
        await world.write(*(seen(k, "after") for k in range(20)))

        async def complete() -> bool:
            return [await world.refs(k) for k in range(20)] == [["before", "after"]] * 20

        await until(complete, "all of it took effect")


async def test_an_owner_out_of_reach_is_asked_again_later(world: World) -> None:
    world.broker.mangle = lambda messages: []
    world.direct.down = True
    async with Running(world):
        await world.write(seen(1, "1"))
        assert await world.refs(1) == []
        world.direct.down = False

        async def arrived() -> bool:
            return await world.refs(1) == ["1"]

        await until(arrived, "it is pulled once the owner answers")


async def test_a_message_that_is_not_ours_goes_by(world: World) -> None:
    producer = await world.broker.producer()
    async with Running(world):
        await producer.send([Message("patron.intake", b"k", b"hello", ()), Message("patron.intake", None, b"", ())])
        await world.write(seen(1, "1"))

        async def arrived() -> bool:
            return await world.refs(1) == ["1"]

        await until(arrived, "the next event")
        assert world.consumer.unverified.total == 2


async def test_K15_what_still_lies_on_the_broker_is_not_pulled(world: World) -> None:
    producer = await world.broker.producer()
    await world.write(seen(1, "1"))
    await producer.send(await world.messages())
    reading = world.consumer.consumer = await world.broker.consumer("test", ["patron.intake"])
    for _ in range(3):
        await world.consumer.reconcile()
        await world.consumer.until_pulled()
    assert world.direct.questions == [], "the consumer is behind, and the event waits for it on the broker"

    assert await poll_all(reading)  # read, and for this test lost on the way to the inbox
    await world.consumer.reconcile()
    await world.consumer.until_pulled()
    assert await world.refs(1) == ["1"]


async def test_K15_a_consumer_that_never_reads_on_is_not_waited_for_for_ever(world: World) -> None:
    producer = await world.broker.producer()
    await world.write(seen(1, "1"))
    await producer.send(await world.messages())
    world.consumer.consumer = await world.broker.consumer("test", ["patron.intake"])  # and nobody polls it
    for _ in range(MAX_OBSERVATIONS + 2):
        await world.consumer.reconcile()
        await world.consumer.until_pulled()
    assert await world.refs(1) == ["1"]


async def test_K15_a_head_changed_before_the_reconciliation_and_committed_after_it_is_seen_by_the_next(
    world: World,
) -> None:
    begun = asyncio.Event()
    compared = asyncio.Event()

    async def write_slowly(tx: Transaction) -> None:
        announce(tx, [seen(1, "1")])
        await record(tx.raw, tx.announced, recorded_at=tx.at)
        tx.announced.clear()  # recorded, and not committed yet
        begun.set()
        await compared.wait()

    writing = asyncio.create_task(world.owner.run(write_slowly))
    await begun.wait()
    await world.consumer.reconcile()
    compared.set()
    await writing
    for _ in range(2):
        await world.consumer.reconcile()
        await world.consumer.until_pulled()
    assert await world.refs(1) == ["1"]


async def test_two_who_begin_the_same_streams_at_once_wait_for_each_other(world: World) -> None:
    for i in range(20):
        await world.write(*(seen(k, str(i)) for k in range(10)))
    log = await received_events(world)
    outcomes = await asyncio.gather(*(world.inbox.apply(log) for _ in range(4)))
    assert sorted(outcome.applied for outcome in outcomes) == [0, 0, 0, 200]
    assert [await world.refs(k) for k in range(10)] == [[str(i) for i in range(20)]] * 10
