"""The whole system on Apache Kafka with consumer groups: two replicas of each service share the partitions.

Each service comes in over TLS by its own name, and may do what `deploy.kafka.acls` says, and no more.

Runs in `make test-kafka`. The embedded broker assigns partitions statically, so there are no groups to show on it; what
that broker does is shown by `tests/reliability`.
"""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.embedded import System, scratch_data_dir
from deploy.embedded.ports import free_port
from deploy.embedded.processes import tail
from deploy.embedded.service import SERVICES, ServiceProcess
from tests.reliability.whole import Whole
from tests.support.kafka import KafkaUnderTest, SecuredKafka, kafka, secured_kafka

__all__ = ["kafka", "secured_kafka"]

pytestmark = [pytest.mark.broker, pytest.mark.system, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def on_kafka(kafka: KafkaUnderTest, request: pytest.FixtureRequest) -> Iterator[System]:
    if kafka.mode != "groups":
        pytest.skip("consumer groups are shown on Apache Kafka: make test-kafka")
    secured: SecuredKafka = request.getfixturevalue("secured_kafka")
    own = {name: secured.environment(name) for name in SERVICES}
    env = {"PATRON_REPLAY_GRACE_SECONDS": "1", "PATRON_LOG_LEVEL": "WARNING", "PATRON_KAFKA_PARTITIONS": "8"}
    with scratch_data_dir() as folder, System(folder, env=env, service_env=own, kafka=kafka.servers) as system:
        yield system


@pytest.fixture
async def whole(on_kafka: System, request: pytest.FixtureRequest) -> AsyncIterator[Whole]:
    whole = Whole(on_kafka, f"{zlib.crc32(request.node.name.encode()):08x}", on_kafka.data_dir)
    await whole.load.sign_in()
    yield whole
    await whole.load.close()


class Replicas:
    """A second process of each service, beside the system's own, on the same database and in the same group."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.processes: dict[str, ServiceProcess] = {}

    def join(self, name: str) -> None:
        first = self.system.services[name]
        port = free_port()
        replica = ServiceProcess(
            name, port, free_port(besides=[port]), first.log.with_name(f"{name}-2.log"), dict(first.env)
        )
        replica.start()
        self.processes[name] = replica

    async def all_ready(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 90
        while waiting := [p for p in self.processes.values() if not await asyncio.to_thread(p.ready)]:
            assert loop.time() < deadline, [(p.name, p.exit_code, tail(p.log)) for p in waiting]
            await asyncio.sleep(0.2)

    def leave(self, name: str) -> None:
        self.processes.pop(name).stop()

    def kill(self, name: str) -> None:
        self.processes.pop(name).kill()

    def end(self) -> None:
        for name in list(self.processes):
            with contextlib.suppress(ProcessLookupError):
                self.leave(name)


async def test_one_of_each_service_on_apache_kafka(whole: Whole) -> None:
    await whole.load.send(60)
    await whole.invariants_hold()


async def test_two_replicas_of_each_service_join_and_leave_under_load(whole: Whole) -> None:
    replicas = Replicas(whole.system)
    try:
        sending = asyncio.create_task(whole.load.send(300))
        await whole.load.accepted(20)
        for name in whole.system.services:
            replicas.join(name)
        await replicas.all_ready()
        await whole.load.accepted(120)
        await asyncio.to_thread(replicas.leave, "tiering")
        await asyncio.to_thread(replicas.kill, "loyalty")
        await whole.load.accepted(200)
        await whole.kill("profile")  # the first of the two; its replica goes on alone
        await sending
        await whole.load.send(60)
        await whole.invariants_hold()
    finally:
        await asyncio.to_thread(replicas.end)
