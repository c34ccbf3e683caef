"""Which Kafka the tests marked `broker` talk to: the embedded one, or the one `make test-kafka` names."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.embedded.broker import EmbeddedBroker


@dataclass(frozen=True)
class KafkaUnderTest:
    servers: str
    mode: str
    partitions: int


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
