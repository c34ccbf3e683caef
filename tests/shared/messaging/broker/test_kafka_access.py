"""How Kafka lets us in: settings that fit together, and a real broker that wants TLS, a name and a password, and gives
each service its own rights.
"""

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from deploy.embedded.service import SERVICES
from deploy.kafka.acls import grants
from deploy.verify.check import SUBSCRIBED_TOPICS
from shared.chassis.settings import ServiceSettings
from shared.events import OWNERS
from shared.messaging.broker import kafka_admin
from shared.messaging.broker.interface import BrokerAway, Consumer, Message, SendFailed
from shared.messaging.broker.kafka import KafkaBroker
from shared.messaging.broker.kafka_access import KafkaAccess
from shared.messaging.broker.kafka_admin import Grant, GrantRefused
from shared.messaging.ids import new_id
from tests.shared.messaging.world import poll_all
from tests.support.kafka import SecuredKafka, secured_kafka

__all__ = ["secured_kafka"]


def settings(**given: object) -> ServiceSettings:
    return ServiceSettings(service="tiering", database_url="postgresql://nowhere/x", **given)  # type: ignore[arg-type]


def test_without_settings_it_is_neither_tls_nor_sasl() -> None:
    assert settings().kafka_access.options() == {"security_protocol": "PLAINTEXT"}


def test_a_name_and_password_go_with_their_mechanism() -> None:
    access = settings(kafka_sasl="SCRAM-SHA-512", kafka_user="patron", kafka_password="p").kafka_access
    assert access.options() == {
        "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": "patron",
        "sasl_plain_password": "p",
    }  # fmt: skip


def test_tls_verifies_certificates_and_names() -> None:
    options = settings(kafka_tls=True).kafka_access.options()
    assert options["security_protocol"] == "SSL"
    context = options["ssl_context"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    "given",
    [
        {"kafka_tls": True, "kafka_sasl": "PLAIN", "kafka_user": "patron"},
        {"kafka_tls": True, "kafka_sasl": "PLAIN", "kafka_password": "p"},
        {"kafka_sasl": "PLAIN", "kafka_user": "patron", "kafka_password": "p"},
        {"kafka_user": "patron", "kafka_password": "p"},
        {"kafka_ca": Path("ca.pem")},
        {"kafka_sasl": "GSSAPI", "kafka_user": "patron", "kafka_password": "p"},
    ],
    ids=str,
)
def test_settings_that_do_not_fit_together_stop_the_start(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**given)


def test_the_password_is_in_no_text_of_settings_or_access() -> None:
    secured = settings(kafka_sasl="SCRAM-SHA-256", kafka_user="patron", kafka_password="very-secret")
    assert "very-secret" not in repr(secured) + str(secured) + repr(secured.kafka_access)


@pytest.mark.broker
async def test_a_broker_that_wants_tls_a_name_and_a_password_lets_us_in_and_nobody_else(
    secured_kafka: SecuredKafka,
) -> None:
    access = secured_kafka.access("operator")
    topic = f"secured-{new_id()}"
    producer = await broker_of(secured_kafka, access, topic).producer()
    await producer.send([Message(topic, b"key", b"value", ())])
    await producer.stop()
    assert await read_one(await broker_of(secured_kafka, access, topic).consumer(f"group-{new_id()}", [topic]))
    for refused in (replace(access, user="somebody"), replace(access, password="x"), replace(access, ca=None)):
        with pytest.raises((BrokerAway, OSError)):
            await broker_of(secured_kafka, refused, topic).producer()


def broker_of(kafka: SecuredKafka, access: KafkaAccess, *topics: str) -> KafkaBroker:
    return KafkaBroker(kafka.servers, mode="groups", topics=topics, partitions=1, access=access)


async def read_one(consumer: Consumer) -> Message:
    """The first message that comes; fails when none does in a while."""
    try:
        for _ in range(100):
            if messages := await poll_all(consumer):
                return messages[0]
        raise AssertionError("nothing came")
    finally:
        await consumer.stop()


@pytest.mark.broker
@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_writes_its_own_topic_and_nobody_elses(secured_kafka: SecuredKafka, service: str) -> None:
    [own] = [topic for topic, owner in OWNERS.items() if owner == service]
    readable = SUBSCRIBED_TOPICS[service]
    foreign = [
        min(readable),
        *sorted(OWNERS.keys() - readable - {own})[:1],
    ]  # one that it may read, one that it may not
    for topic in (own, *foreign):
        producer = await broker_of(secured_kafka, secured_kafka.access(service), topic).producer()
        try:
            sending = producer.send([Message(topic, str(new_id()).encode(), b"not an event", [])])
            if topic == own:
                await sending
            else:
                with pytest.raises(SendFailed, match="Authorization"):
                    await sending
        finally:
            await producer.stop()


@pytest.mark.broker
async def test_a_service_reads_what_it_subscribes_to_in_its_own_group(secured_kafka: SecuredKafka) -> None:
    topic = "patron.profile"
    owner = await broker_of(secured_kafka, secured_kafka.access("profile"), topic).producer()
    await owner.send([Message(topic, b"key", b"not an event", [])])
    await owner.stop()
    broker = broker_of(secured_kafka, secured_kafka.access("gateway"), topic)
    assert await read_one(await broker.consumer("patron.gateway", [topic]))
    for group, other in (("patron.tiering", topic), ("patron.gateway", "patron.loyalty")):
        with pytest.raises((KafkaError, AssertionError, BrokerAway, TimeoutError)):
            await asyncio.wait_for(read_as(secured_kafka, "gateway", group, other), 15)


async def read_as(kafka: SecuredKafka, service: str, group: str, topic: str) -> Message:
    return await read_one(await broker_of(kafka, kafka.access(service), topic).consumer(group, [topic]))


@pytest.mark.broker
async def test_a_service_can_not_make_topics_nor_give_itself_rights(secured_kafka: SecuredKafka) -> None:
    options = {"bootstrap_servers": secured_kafka.servers} | secured_kafka.access("loyalty").options()
    topic = f"made-by-loyalty-{new_id()}"
    await kafka_admin.ensure_topics(options, [topic], 1, 1)
    with pytest.raises(GrantRefused):
        await kafka_admin.grant(options, [Grant("loyalty", "write", "topic", "patron.complaint")])
    admin = {"bootstrap_servers": secured_kafka.servers} | secured_kafka.access("operator").options()
    async with kafka_admin.administered(admin) as client:
        assert topic not in await client.list_topics()


def test_each_topic_is_written_by_its_owner_alone_and_read_by_its_subscribers() -> None:
    given = list(grants())
    writers = {grant.name: {g.user for g in given if (g.operation, g.name) == ("write", grant.name)} for grant in given}
    assert {topic: writers[topic] for topic in OWNERS} == {topic: {owner} for topic, owner in OWNERS.items()}
    for service, topics in SUBSCRIBED_TOPICS.items():
        read = {g.name for g in given if (g.user, g.operation, g.resource) == (service, "read", "topic")}
        assert read == topics
        groups = [g.name for g in given if (g.user, g.resource) == (service, "group")]
        assert groups == [f"patron.{service}"]
