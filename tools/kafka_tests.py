"""`make test-kafka`: the tests that speak the Kafka protocol, on Apache Kafka instead of the embedded broker.

KAFKA_BOOTSTRAP_SERVERS names a cluster to use; without it one node is started here (Java 17 and Maven).
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.embedded.failures import StartFailed
from deploy.embedded.ports import LOOPBACK
from deploy.kafka.acls import OPERATOR
from deploy.kafka.broker import ApacheKafka, what_is_missing

ROOT = Path(__file__).resolve().parent.parent
SERVERS = "KAFKA_BOOTSTRAP_SERVERS"
FOR_THE_TESTS = "PATRON_TEST_KAFKA"  # read in tests/support/kafka.py
SECURED = "PATRON_TEST_KAFKA_SECURED"  # there as well


def run_tests(arguments: list[str], **environment: str) -> int:
    print(f"test-kafka: the broker tests on {environment[FOR_THE_TESTS]}", flush=True)
    command = [sys.executable, "-m", "pytest", "-m", "broker and not chaos", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode


def secured(node: ApacheKafka) -> str:
    """The door that wants TLS, a name and a password, for the tests of it: the passwords by name."""
    return json.dumps(
        {
            "servers": f"{LOOPBACK}:{node.secured}",
            "ca": str(node.access(OPERATOR).ca),
            "passwords": node.passwords,
        }
    )


def main() -> int:
    arguments = sys.argv[1:]
    if os.environ.get(SERVERS):
        return run_tests(arguments, **{FOR_THE_TESTS: os.environ[SERVERS]})
    if missing := what_is_missing():
        print(
            f"test-kafka: SKIPPED, nothing was tested on Apache Kafka: {missing}. Install Java 17 and Maven (Debian: "
            f"apt install openjdk-17-jre-headless maven), or name a cluster in {SERVERS}."
        )
        return 0
    with tempfile.TemporaryDirectory(prefix="patron-kafka-") as folder:
        node = ApacheKafka(Path(folder))
        try:
            print("test-kafka: starting Apache Kafka", flush=True)
            node.start()
            return run_tests(arguments, **{FOR_THE_TESTS: node.address, SECURED: secured(node)})
        except StartFailed as error:
            print(error)
            return 1
        finally:
            node.stop()


if __name__ == "__main__":
    sys.exit(main())
