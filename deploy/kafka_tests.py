"""`make test-kafka`: the tests that speak the Kafka protocol, on Apache Kafka instead of the embedded broker.

KAFKA_BOOTSTRAP_SERVERS names a cluster to use; without it one node is started here (Java 17 and Maven).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.embedded.failures import StartFailed
from deploy.kafka.broker import ApacheKafka, what_is_missing

ROOT = Path(__file__).resolve().parent.parent
SERVERS = "KAFKA_BOOTSTRAP_SERVERS"
FOR_THE_TESTS = "PATRON_TEST_KAFKA"  # read in tests/support/kafka.py


def run_tests(servers: str, arguments: list[str]) -> int:
    print(f"test-kafka: the broker tests on {servers}", flush=True)
    command = [sys.executable, "-m", "pytest", "-m", "broker and not chaos", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | {FOR_THE_TESTS: servers}, check=False).returncode


def main() -> int:
    arguments = sys.argv[1:]
    if os.environ.get(SERVERS):
        return run_tests(os.environ[SERVERS], arguments)
    if missing := what_is_missing():
        print(
            f"test-kafka: {missing}. Install Java 17 and Maven (Debian: apt install openjdk-17-jre-headless maven), "
            f"or name a cluster in {SERVERS}."
        )
        return 1
    with tempfile.TemporaryDirectory(prefix="patron-kafka-") as folder:
        node = ApacheKafka(Path(folder))
        try:
            print("test-kafka: starting Apache Kafka", flush=True)
            node.start()
            return run_tests(node.address, arguments)
        except StartFailed as error:
            print(error)
            return 1
        finally:
            node.stop()


if __name__ == "__main__":
    sys.exit(main())
