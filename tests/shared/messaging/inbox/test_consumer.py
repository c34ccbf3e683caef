"""What once was found missing is not forgotten before it is there: not by a look, a pull or a database that fails."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared.events import CustomerReferenceRegistered
from shared.messaging import Transaction, announce
from shared.messaging.broker.interface import Message
from shared.messaging.broker.kafka import KafkaConsumer
from shared.messaging.database.outbox_writer import current_traceparent
from shared.messaging.ids import new_id
from shared.messaging.inbox.received import ReceivedEvent, read_message
from tests.shared.messaging.inbox.test_epochs import restore, rows_of
from tests.shared.messaging.world import RING, TOPIC, World, customer, delivered, seen, until


class Committed:
    """A consumer of which only the offsets are asked."""

    async def commit(self, messages: Sequence[Message]) -> None:
        pass


async def log_of(world: World) -> list[ReceivedEvent]:
    return [read_message(message, RING) for message in await world.messages()]


async def compare(world: World, times: int = 1) -> None:
    for _ in range(times):
        await world.consumer.reconcile()
        await world.consumer.until_pulled()


async def long_ago(world: World) -> None:
    """The heads changed before anybody looks at those changed lately."""
    await world.owner.run(
        lambda tx: tx.raw.execute("update stream_head set changed_at = changed_at - interval '30 minutes'")
    )


async def differences(world: World) -> set[tuple[str, int, int]]:
    rows = await world.subscriber.run(
        lambda tx: tx.raw.fetch("select key, consumed_seq, owner_seq from epoch_difference")
    )
    return {(row["key"], row["consumed_seq"], row["owner_seq"]) for row in rows}


@pytest.mark.parametrize("how", ["retry", "drop"])
async def test_K14_the_rest_of_a_key_comes_also_when_its_owner_was_away_just_then(world: World, how: str) -> None:
    await compare(world)
    world.poisoned.add("5")
    await world.write(*(seen(1, str(i)) for i in range(1, 21)))
    await world.inbox.apply(await log_of(world))
    parked_id = await world.subscriber.run(lambda tx: tx.raw.fetchval("select parked_id from parked"))
    await long_ago(world)
    await compare(world, 2)
    world.poisoned.clear()
    world.direct.down = True
    await (world.inbox.retry(parked_id, "op") if how == "retry" else world.inbox.drop(parked_id, "op"))
    await compare(world)
    world.direct.down = False
    await compare(world)
    expected = [str(i) for i in range(1, 21)]
    assert await world.refs(1) == [ref for ref in expected if how == "retry" or ref != "5"]


async def test_K15_a_stream_that_moved_and_is_still_short_stays_suspect(world: World) -> None:
    await world.write(*(seen(1, str(i)) for i in range(1, 11)))
    log = await log_of(world)
    await world.inbox.apply(log[:5])
    await long_ago(world)
    await compare(world)  # behind, at 5 of 10
    await world.inbox.apply(log[5:9])  # the broker brings four, and has lost the last
    await compare(world, 3)
    assert await world.refs(1) == [str(i) for i in range(1, 11)]


async def test_K15_a_database_that_fails_while_lags_are_evaluated_makes_nobody_forget_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.write(seen(1, "1"), seen(2, "1"))
    await compare(world)  # both noted as behind
    await long_ago(world)
    world.inbox.failed_pulls.add((TOPIC, str(customer(2))))  # a pull that failed

    async def fails(*_: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as broken:
        broken.setattr(world.consumer._lag_detector, "_evaluate", fails)
        with pytest.raises(ConnectionResetError):
            await world.consumer.reconcile()
    await compare(world)
    assert (await world.refs(1), await world.refs(2)) == (["1"], ["1"])


async def test_K16_facts_of_the_old_life_read_after_the_new_one_is_known_are_listed_and_replaced(world: World) -> None:
    await world.write(seen(1, "1"))
    backup = {table: await rows_of(world.owner, table) for table in ("outbox", "stream_head")}
    await world.write(seen(3, "1-lost"))
    old = await world.messages()
    await restore(world.owner, backup)
    await compare(world)  # a consumer that starts now knows the new epoch
    await world.consumer._apply(Committed(), old, world.consumer.pulses[0], asyncio.Event())  # type: ignore[arg-type]  # what the broker still held
    await world.consumer.until_pulled()
    assert await differences(world) == {(str(customer(3)), 1, 0)}
    await world.write(seen(3, "1-new"))  # which the broker loses
    await compare(world, 3)
    assert await world.refs(3) == ["1-lost", "1-new"]


async def test_nothing_is_built_on_a_number_that_came_with_another_id(world: World) -> None:
    await world.write(*(seen(1, str(i)) for i in range(1, 8)))
    log = await log_of(world)
    await world.inbox.apply(log[:5])
    await world.inbox.apply([log[4]._replace(event_id=new_id()), *log[5:]])
    assert await world.refs(1) == [str(i) for i in range(1, 6)]
    reasons = await world.subscriber.run(lambda tx: tx.raw.fetch("select seq, reason from parked"))
    assert [tuple(row) for row in reasons] == [(5, "diverged")]


def without(name: str) -> Any:
    return lambda message: message._replace(headers=tuple((k, v) for k, v in message.headers if k != name))


def having(name: str, value: bytes | None) -> Any:
    return lambda message: message._replace(headers=tuple((k, value if k == name else v) for k, v in message.headers))


@pytest.mark.parametrize(
    "spoil",
    [
        having("ce_id", None),
        having("ce_source", None),
        having("ce_recordedat", None),
        having("ce_seq", b"0"),
        having("ce_seq", b"9223372036854775808"),
        having("ce_type", b"intake\0"),
        without("ce_type"),
        lambda message: message._replace(key=b"a\0b"),
        lambda message: message._replace(key=b""),
        lambda message: message._replace(key=None),
        lambda message: message._replace(key=b"k" * 4000),
        lambda message: message._replace(headers=(*message.headers, ("traceparent", b"\0"))),
    ],
)
async def test_a_message_that_no_relay_of_ours_would_send_stops_nobody(world: World, spoil: Any) -> None:
    await world.write(seen(1, "1"))
    [good] = await world.messages()
    await world.consumer._apply(Committed(), [spoil(good), good], world.consumer.pulses[0], asyncio.Event())  # type: ignore[arg-type]
    assert await world.refs(1) == ["1"]
    assert world.consumer.unverified.total == 1


@pytest.mark.parametrize("at_once", [False, True])
async def test_what_a_handler_announces_carries_on_the_trace_of_what_woke_it(world: World, at_once: bool) -> None:
    """In a batch of several traces, that of what came under its key."""
    traces = [f"00-{digit * 32}-{'b' * 16}-01" for digit in "12"]

    async def answer(tx: Transaction, events: Sequence[CustomerReferenceRegistered]) -> None:
        announce(tx, [delivered(9).model_copy(update={"customer_id": event.customer_id}) for event in events])

    world.subscriptions.on(CustomerReferenceRegistered, answer)
    for customer_, trace in enumerate(traces):
        current_traceparent.set(trace)
        await world.write(seen(customer_, "1"))
    current_traceparent.set(None)
    if at_once:
        await world.inbox.apply(await log_of(world))
    else:
        for event in await log_of(world):
            await world.inbox.apply([event])
    announced = await world.subscriber.run(lambda tx: tx.raw.fetch("select traceparent from outbox order by position"))
    assert [row["traceparent"] for row in announced] == traces
    assert current_traceparent.get() is None


async def test_offsets_that_nobody_takes_do_not_stop_a_consumer(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka asks a group's coordinator without end."""

    class Hangs:
        def assignment(self) -> set[Any]:
            from aiokafka import TopicPartition

            return {TopicPartition(TOPIC, 0)}

        async def commit(self, offsets: object) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("shared.messaging.broker.kafka.REQUEST_SECONDS", 0.05)
    consumer = KafkaConsumer(Hangs(), {}, embedded=False)
    message = Message(TOPIC, b"k", b"", (), 0, 7)
    await asyncio.wait_for(consumer.commit([message]), 5)


async def test_a_consumer_whose_broker_is_away_is_alive(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its service stays ready: what comes over HTTP needs the database only."""

    async def away(group: str, topics: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(world.broker, "consumer", away)
    stop = asyncio.Event()
    running = asyncio.create_task(world.consumer.run(stop))
    await until(rebuilt_thrice(world), "three attempts")
    assert asyncio.get_running_loop().time() - world.consumer.pulse.alive_at < 5
    stop.set()
    await running


def rebuilt_thrice(world: World) -> Any:
    async def rebuilt() -> bool:
        return world.consumer.restarts >= 3 and world.consumer.pulse.alive_at > 0

    return rebuilt
