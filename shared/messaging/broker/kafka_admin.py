"""What is set up on a Kafka cluster: topics, and who may do what with them. Beside `kafka` the only file that imports
aiokafka.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError
from aiokafka.protocol.admin import CreateAclsRequest

START_SECONDS = 45.0
STOP_SECONDS = 5.0  # aiokafka's close() can hang on a broker that went away
REQUEST_MS = 20_000

# Kafka's numbers
RESOURCES = {"topic": 2, "group": 3}
OPERATIONS = {"read": 3, "write": 4}
LITERAL, ALLOW, EVERY_HOST = 3, 3, "*"


class Grant(NamedTuple):
    """What an authenticated user may do with one topic or consumer group: an entry of Kafka's access-control lists."""

    user: str
    operation: Literal["read", "write"]
    resource: Literal["topic", "group"]
    name: str


class GrantRefused(Exception):
    """The cluster did not take a grant: it has no authorizer, or we may not give any."""


@asynccontextmanager
async def administered(options: Mapping[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client, closed at the end of the block. `options` are those of every client."""
    admin = AIOKafkaAdminClient(**options, request_timeout_ms=REQUEST_MS)
    await asyncio.wait_for(admin.start(), START_SECONDS)
    try:
        yield admin
    finally:
        with suppress(Exception):
            await asyncio.wait_for(admin.close(), STOP_SECONDS)


async def ensure_topics(options: Mapping[str, Any], topics: Collection[str], partitions: int, replicas: int) -> None:
    """Create the topics that are missing. One that we may not create is left to whoever runs the cluster."""
    async with administered(options) as admin:
        for topic in sorted(set(topics) - set(await admin.list_topics())):
            with suppress(TopicAlreadyExistsError):
                await admin.create_topics([NewTopic(topic, partitions, replicas)])


async def grant(options: Mapping[str, Any], grants: Iterable[Grant]) -> None:
    """Allow these, whether they were allowed before or not. Raises GrantRefused."""
    async with administered(options) as admin:
        for each in grants:
            request = CreateAclsRequest(
                RESOURCES[each.resource], each.name, LITERAL, f"User:{each.user}", EVERY_HOST,
                OPERATIONS[each.operation], ALLOW,
            )  # fmt: skip
            answer = await admin._send_to_controller(request)  # it has no method of its own for this
            for code, text in answer.creation_responses:
                if code:
                    raise GrantRefused(f"{each.user} {each.operation} {each.name}: {text or code}")


async def cluster_id(options: Mapping[str, Any]) -> str:
    """Which cluster it is."""
    async with administered(options) as admin:
        return str((await admin.describe_cluster()).get("cluster_id"))


async def all_partitions(client: AIOKafkaConsumer, topics: Collection[str], seconds: float) -> list[TopicPartition]:
    """Every partition of the topics; one just created can take a moment to show its own. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        await client.topics()
        known = {topic: client.partitions_for_topic(topic) for topic in topics}
        if all(known.values()):
            return [TopicPartition(topic, p) for topic, ps in sorted(known.items()) for p in sorted(ps or ())]
        if loop.time() > deadline:
            raise TimeoutError(f"the broker does not know the partitions of {sorted(topics)}")
        await asyncio.sleep(0.1)
