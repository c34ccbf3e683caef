"""A broker that restarts is one line of the log a second at most: no stack trace, nothing that nobody looked at."""

import asyncio
import gc
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from deploy.embedded.broker import EmbeddedBroker
from shared.events import OWNERS
from shared.messaging.broker.interface import BrokerAway, Message, SendFailed
from shared.messaging.broker.kafka import KafkaBroker, KafkaProducer
from shared.messaging.broker.kafka_log import OneLineASecond
from tests.shared.messaging.broker.test_broker import Fleet, everything_took_effect
from tests.shared.messaging.world import TOPIC, World, seen

pytestmark = pytest.mark.broker


class Complaints(logging.Handler):
    """What reaches the process's log by the standard library, and what the event loop complains of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []
        self.by_loop: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def take(self, loop: object, context: dict[str, Any]) -> None:
        self.by_loop.append(context)


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    handler = Complaints()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


async def write_rounds(world: World, first: int) -> None:
    for number in range(first, first + 10):
        await world.write(*(seen(k, str(number)) for k in range(30)))
        await asyncio.sleep(0.02)  # so that the broker dies between two sends, and within one


async def test_a_broker_that_restarts_under_load_is_a_few_lines(
    world: World, own_broker: EmbeddedBroker, complaints: Complaints
) -> None:
    asyncio.get_running_loop().set_exception_handler(complaints.take)
    fleet = Fleet(world, KafkaBroker(own_broker.address, topics=list(OWNERS)), "restarting")
    with capture_logs() as lines:
        began = asyncio.get_running_loop().time()
        try:
            fleet.start_relay()
            fleet.join()
            await world.write(*(seen(k, "0") for k in range(30)))
            await everything_took_effect(fleet, 1, 30)
            writing = asyncio.create_task(write_rounds(world, 1))
            await asyncio.sleep(0.05)
            own_broker.kill()
            await writing
            await asyncio.to_thread(own_broker.start)
            await everything_took_effect(fleet, 11, 30, seconds=90)
        finally:
            await fleet.end()
        seconds = asyncio.get_running_loop().time() - began
    gc.collect()
    await asyncio.sleep(0)
    assert complaints.by_loop == [], "an exception that nobody looked at"
    assert complaints.records == [], "aiokafka's own lines"
    assert all("exc_info" not in line for line in lines)
    assert sum(line["event"] == "broker_trouble" for line in lines) <= seconds + 1


async def test_every_batch_of_a_failed_send_is_looked_at(complaints: Complaints) -> None:
    asyncio.get_running_loop().set_exception_handler(complaints.take)

    class Fails:
        """Two partitions; the first batch fails at once, the second a little later."""

        def create_batch(self) -> Any:
            class Batch:
                def append(self, **record: object) -> object:
                    return record

            return Batch()

        async def partitions_for(self, topic: str) -> set[int]:
            return {0, 1}

        async def send_batch(self, batch: object, topic: str, *, partition: int) -> asyncio.Future[None]:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.01 * partition, future.set_exception, ConnectionError("away"))
            return future

    with pytest.raises(SendFailed):
        await KafkaProducer(Fails()).send([Message(TOPIC, b"%d" % i, b"", []) for i in range(10)])
    await asyncio.sleep(0.05)
    gc.collect()
    await asyncio.sleep(0)
    assert complaints.by_loop == []


async def test_a_broker_that_is_away_is_said_in_the_backbones_words() -> None:
    broker = KafkaBroker("127.0.0.1:1", topics=list(OWNERS))
    for connecting in (broker.producer(), broker.consumer("group", [TOPIC])):
        with pytest.raises(BrokerAway):
            await connecting


def test_a_line_a_second_says_how_many_there_were(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("shared.messaging.broker.kafka_log.time.monotonic", lambda: now)
    handler = OneLineASecond()
    record = logging.LogRecord("aiokafka.conn", logging.ERROR, "", 1, "Closed by %s", ("secret",), None)
    with capture_logs() as lines:
        for _ in range(50):
            handler.handle(record)
        now += 1.5
        handler.handle(record)
    assert [(line["event"], line["lines"], line["trouble"]) for line in lines] == [
        ("broker_trouble", 1, "Closed by %s"),
        ("broker_trouble", 50, "Closed by %s"),
    ]
