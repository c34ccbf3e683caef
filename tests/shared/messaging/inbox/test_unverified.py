"""Messages that no service sealed: parked as not authentic, blocking nobody, moving nothing, filling nothing."""

import asyncio
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from shared.errors import DomainError
from shared.messaging.broker.interface import Message
from shared.messaging.inbox.log_client import HttpLogClient
from shared.messaging.inbox.unverified import MAX_KEPT
from shared.messaging.outbox.event_log import read_slice, slice_as_json
from shared.messaging.seal import KeyRing, NotAuthentic
from shared.messaging.status import read_status
from tests.shared.messaging.world import RING, TOPIC, Running, World, seen, until
from tests.support.forgeries import FORGERIES, Forge, dropped, with_header


class Committed:
    """A consumer of which only the commit is asked."""

    async def commit(self, messages: object) -> None: ...


async def take(world: World, *messages: Message) -> None:
    """As a poll brings them."""
    await world.consumer._apply(Committed(), messages, world.consumer.pulses[0], asyncio.Event())  # type: ignore[arg-type]


async def parked(world: World) -> list[Any]:
    return await world.subscriber.run(lambda tx: tx.raw.fetch("select * from parked where ended_at is null"))


async def blocked(world: World) -> int:
    count: int = await world.subscriber.run(
        lambda tx: tx.raw.fetchval("select count(*) from stream_seen where blocked_at is not null")
    )
    return count


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_a_forged_message_is_parked_and_its_key_goes_on(world: World, forge: Forge) -> None:
    await world.write(seen(1, "first"), seen(1, "second"))
    first, second = await world.messages()
    await take(world, forge(first))
    positions = await world.positions()
    assert not any(positions.values()), "no position was moved"
    [row] = await parked(world)
    assert row["reason"] == "not_authentic"
    assert await blocked(world) == 0
    await take(world, first, forge(second), second)
    assert await world.refs(1) == ["first", "second"]
    assert world.consumer.unverified.total == 2


async def test_a_genuine_message_that_is_replayed_does_nothing_a_second_time(world: World) -> None:
    await world.write(seen(1, "first"), seen(1, "second"))
    log = await world.messages()
    await take(world, *log, *log, log[0])
    await take(world, log[0], log[1])
    assert await world.refs(1) == ["first", "second"]
    assert (await parked(world), world.consumer.unverified.total) == ([], 0)


async def test_a_genuine_message_under_another_topic_is_not_authentic(world: World) -> None:
    await world.write(seen(1, "first"))
    [message] = await world.messages()
    await take(world, message._replace(topic="patron.complaint"))
    [row] = await parked(world)
    assert (row["topic"], row["reason"]) == ("patron.complaint", "not_authentic")


async def test_a_flood_is_counted_kept_in_part_and_said_once_a_second(world: World) -> None:
    await world.write(*(seen(k, "genuine") for k in range(20)))
    genuine = await world.messages()
    flood = [Message(TOPIC, b"%d" % i, b"x" * 100_000, [("patron-seal", b"k1:0")]) for i in range(200)]
    with capture_logs() as logs:
        for _ in range(20):
            await take(world, *flood, genuine.pop())
    assert world.consumer.unverified.total == 4000
    rows = await parked(world)
    assert len(rows) == MAX_KEPT
    assert max(len(row["payload"]) for row in rows) <= 4096
    lines = [line for line in logs if line["event"] == "messages_not_authentic"]
    assert 1 <= len(lines) <= 10
    assert [await world.refs(k) for k in range(20)] == [["genuine"]] * 20


async def test_the_same_forgery_again_is_kept_once_also_when_it_was_dropped(world: World) -> None:
    await world.write(seen(1, "first"))
    [message] = await world.messages()
    forged = dropped("patron-seal")(message)
    await take(world, forged, forged)
    await take(world, forged)
    [row] = await parked(world)
    await world.inbox.drop(row["parked_id"], "ann")
    await take(world, forged)
    assert await parked(world) == []


async def test_it_can_be_dropped_and_not_retried_and_leaves_no_hole(world: World) -> None:
    await world.write(seen(1, "first"))
    [message] = await world.messages()
    await take(world, dropped("patron-seal")(message))
    [row] = await parked(world)
    with pytest.raises(DomainError) as refused:
        await world.inbox.retry(row["parked_id"], "ann")
    assert refused.value.code == "not_authentic"
    status = await world.subscriber.run(lambda tx: read_status(tx, world.consumer))
    assert (status["parked_count"], status["not_authentic_count"], status["not_authentic_messages"]) == (0, 1, 1)
    assert [event["reason"] for event in status["parked"]] == ["not_authentic"]
    await world.inbox.drop(row["parked_id"], "ann")
    assert await parked(world) == []
    assert await world.positions() == {}, "no stream was made of what it says of itself"
    assert await world.subscriber.run(lambda tx: tx.raw.fetchval("select count(*) from stream_hole")) == 0
    await take(world, message)
    assert await world.refs(1) == ["first"]


async def test_an_event_can_be_parked_beside_a_forgery_of_its_key(world: World) -> None:
    world.poisoned.add("bad")
    await world.write(seen(1, "bad"))
    [message] = await world.messages()
    await take(world, dropped("patron-seal")(message), message, with_header(message, "ce_seq", b"9"))
    reasons = sorted(row["reason"] for row in await parked(world))
    assert reasons == ["not_authentic", "not_authentic", "poisoned"]
    assert await blocked(world) == 1


async def test_what_is_sealed_under_a_retired_key_is_pulled_from_its_owner(world: World) -> None:
    """Nothing is lost by retiring a key too early: what lies on the broker under it is as if it had been lost."""
    retired = KeyRing.generate("k0")
    async with Running(world) as running:
        running.relays[0].key_ring = lambda: retired
        await world.write(seen(1, "1"), seen(2, "1"))

        async def pulled() -> bool:
            return await world.refs(1) == await world.refs(2) == ["1"]

        await until(pulled, "the owner's log had them")
        assert world.inbox.pulled == 2
        running.relays[0].key_ring = lambda: RING
        await world.write(seen(1, "2"))

        async def arrived() -> bool:
            return await world.refs(1) == ["1", "2"]

        await until(arrived, "the next one")
    assert {row["detail"] for row in await parked(world)} == {
        "it is sealed under a key that this service does not have"
    }


async def test_keys_are_changed_under_load_and_nothing_is_lost_or_pulled(world: World) -> None:
    rings = [KeyRing("k1", {"k1": RING.keys["k1"]})]
    second = KeyRing.generate("k2")
    async with Running(world) as running:
        running.relays[0].key_ring = world.consumer.key_ring = lambda: rings[-1]
        for number in range(6):
            await world.write(*(seen(k, str(number)) for k in range(10)))
            if number == 1:
                rings.append(KeyRing("k1", rings[0].keys | second.keys))
            elif number == 3:
                rings.append(KeyRing("k2", rings[-1].keys))

            async def complete(number: int = number) -> bool:
                return all([await world.refs(k) == [str(n) for n in range(number + 1)] for k in range(10)])

            await until(complete, f"round {number}")
    assert world.consumer.unverified.total == 0
    assert world.inbox.pulled == 0


async def test_a_pulled_slice_carries_seals_and_one_that_does_not_verify_is_refused(world: World) -> None:
    await world.write(seen(1, "1"), seen(1, "2"))
    [first, _] = await world.messages()
    key = (first.key or b"").decode()
    log_slice = await world.owner.run(lambda tx: read_slice(tx, TOPIC, key, 1))

    def answer(spoil: str | None) -> Any:
        async def get(service: str, path: str, query: object) -> Any:
            body = orjson.loads(orjson.dumps(slice_as_json(log_slice, TOPIC, key, RING), default=str))
            if spoil is not None:
                body["events"][1][spoil] = body["events"][0][spoil]
            return body

        return get

    assert await HttpLogClient(answer(None), answer(None), lambda: RING).read_slice(TOPIC, key, 1) == log_slice
    for spoil in ("seal", "payload", "event_id", "seq"):
        with pytest.raises(NotAuthentic):
            await HttpLogClient(answer(spoil), answer(None), lambda: RING).read_slice(TOPIC, key, 1)
