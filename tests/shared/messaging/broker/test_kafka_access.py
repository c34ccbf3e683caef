"""How Kafka lets us in: settings that fit together, and a real broker that wants TLS, a name and a password."""

import json
import os
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from shared.chassis.settings import ServiceSettings
from shared.messaging.broker.interface import Message
from shared.messaging.broker.kafka import KafkaBroker
from shared.messaging.broker.kafka_access import KafkaAccess
from shared.messaging.ids import new_id


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
async def test_a_broker_that_wants_tls_a_name_and_a_password_lets_us_in_and_nobody_else() -> None:
    address = os.environ.get("PATRON_TEST_KAFKA_SECURED")
    if address is None:
        pytest.skip("the embedded broker has neither TLS nor SASL; they are shown by `make test-kafka`")
    door = json.loads(address)
    access = KafkaAccess(True, Path(door["ca"]), "PLAIN", door["user"], door["password"])
    topic = f"secured-{new_id()}"

    def broker(access: KafkaAccess) -> KafkaBroker:
        return KafkaBroker(door["servers"], mode="groups", topics=[topic], partitions=1, access=access)

    producer = await broker(access).producer()
    await producer.send([Message(topic, b"key", b"value", ())])
    await producer.stop()
    consumer = await broker(access).consumer(f"group-{new_id()}", [topic])
    assert await consumer.cluster_id()
    messages: list[Message] = []
    for _ in range(100):
        messages += await consumer.poll(10, 0.1)
        if messages:
            break
    await consumer.stop()
    assert [message.value for message in messages] == [b"value"]

    for refused in (replace(access, user="somebody"), replace(access, ca=None)):
        with pytest.raises((KafkaError, OSError)):
            await broker(refused).producer()
