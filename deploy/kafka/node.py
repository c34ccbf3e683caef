"""One Apache Kafka node (KRaft), from jars that Maven fetches once: started, asked until it answers, stopped."""

import hashlib
import shutil
import subprocess
import sys
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from deploy.embedded.failures import StartFailed
from deploy.embedded.kafka_wire import ask_metadata
from deploy.embedded.ports import LOOPBACK, free_port
from deploy.embedded.processes import spawn, stop_child, tail

POM = Path(__file__).with_name("pom.xml")

SETTINGS = """
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@{host}:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}
num.partitions=4
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


class KafkaNode:
    """A node whose data lies in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "kafka.log"
        self._port = free_port()
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self._port}"

    def start(self, timeout: float = 90) -> None:
        java = _java("-Xms256m", "-Xmx512m", "-cp", f"{fetch_jars()}/*")
        settings = self._folder / "server.properties"
        settings.write_text(
            SETTINGS.format(
                host=LOOPBACK, port=self._port, controller=free_port([self._port]), folder=self._folder / "data"
            )
        )
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        form = spawn([*java, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", settings], self._log)
        if form.wait(60) != 0:
            raise StartFailed(f"Apache Kafka's storage could not be made:\n{tail(self._log)}")
        self._child = spawn([*java, "kafka.Kafka", settings], self._log)
        deadline = time.monotonic() + timeout
        while not self._answers():
            if self._child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StartFailed(f"Apache Kafka did not start:\n{tail(self._log)}")
            time.sleep(0.2)

    def stop(self) -> None:
        if self._child is not None:
            stop_child(self._child, 20)
            self._child = None

    def _answers(self) -> bool:
        try:
            ask_metadata(LOOPBACK, self._port)
        except OSError:
            return False
        return True


def fetch_jars() -> Path:
    """Kafka's jars, kept beside the environment; fetched anew when pom.xml changes."""
    folder = Path(sys.prefix) / "share" / f"apache-kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    if folder.exists():
        return folder
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={unfinished}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StartFailed(f"Maven could not fetch Apache Kafka:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    unfinished.rename(folder)
    return folder


def missing_tools() -> list[str]:
    return [tool for tool in ("java", "mvn") if shutil.which(tool) is None]


def _java(*options: str) -> list[str]:
    return [shutil.which("java") or "java", *options]
