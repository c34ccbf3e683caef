"""Which Kafka the tests marked `broker` talk to: the embedded one, or the one `make test-kafka` names."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.embedded.broker import EmbeddedBroker
from shared.messaging.broker.kafka_access import KafkaAccess


@dataclass(frozen=True)
class SecuredKafka:
    """The door of the node that wants TLS, a name and a password; what `deploy.kafka.acls` grants is granted."""

    servers: str
    ca: Path
    passwords: dict[str, str]

    def access(self, user: str) -> KafkaAccess:
        return KafkaAccess(True, self.ca, "PLAIN", user, self.passwords[user])

    def environment(self, user: str) -> dict[str, str]:
        """The settings of a process that is let in as this user."""
        return {
            "PATRON_KAFKA": self.servers, "PATRON_KAFKA_TLS": "true", "PATRON_KAFKA_CA": str(self.ca),
            "PATRON_KAFKA_SASL": "PLAIN", "PATRON_KAFKA_USER": user, "PATRON_KAFKA_PASSWORD": self.passwords[user],
        }  # fmt: skip


@dataclass(frozen=True)
class KafkaUnderTest:
    servers: str
    mode: str
    partitions: int


@pytest.fixture(scope="session")
def secured_kafka() -> SecuredKafka:
    """Only Apache Kafka has one: make test-kafka."""
    door = os.environ.get("PATRON_TEST_KAFKA_SECURED")
    if door is None:
        pytest.skip("the embedded broker has neither TLS nor SASL; they are shown by `make test-kafka`")
    named = json.loads(door)
    secured = SecuredKafka(named["servers"], Path(named["ca"]), named["passwords"])
    settings = secured.environment("operator") | {"PATRON_KAFKA_PARTITIONS": "8"}
    granted = subprocess.run(
        [sys.executable, "-m", "deploy.kafka.acls", "--apply"], env=os.environ | settings, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert granted.returncode == 0, granted.stderr
    return secured


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaUnderTest]:
    servers = os.environ.get("PATRON_TEST_KAFKA")
    if servers:
        yield KafkaUnderTest(servers, "groups", 8)
        return
    with tempfile.TemporaryDirectory(prefix="patron-broker-") as folder:
        broker = EmbeddedBroker(Path(folder))
        broker.start()
        yield KafkaUnderTest(broker.address, "embedded", 4)
        broker.stop()
