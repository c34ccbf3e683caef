"""Starts Apache Kafka (KRaft, one node, loopback) from jars that Maven fetched. For `make test-kafka` only."""

import secrets
import shutil
import subprocess
import time
from pathlib import Path
from uuid import uuid4

from deploy.embedded.failures import StartFailed
from deploy.embedded.kafka_wire import ask_metadata
from deploy.embedded.ports import LOOPBACK, free_port
from deploy.embedded.processes import kill_child, spawn, stop_child, tail
from deploy.kafka.certificate import write_certificate
from shared.messaging.broker.kafka_access import KafkaAccess

POM = Path(__file__).parent / "pom.xml"
CACHE = Path(__file__).resolve().parents[2] / ".patron" / "kafka"

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},SASL_SSL://{host}:{secured},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port},SASL_SSL://{host}:{secured}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=\
  org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
controller.listener.names=CONTROLLER
log.dirs={logs}
num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


def what_is_missing() -> str | None:
    """None when Apache Kafka can run here, else a sentence that says what it lacks."""
    for program in ("mvn", "java"):
        if shutil.which(program) is None:
            return f"`{program}` is not on this machine"
    printed = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = printed.partition('"')[2].partition('"')[0].partition(".")[0]
    if not version.isdigit() or int(version) < 17:
        return f"Apache Kafka 4 needs Java 17, here is {version or 'an unknown one'}"
    return None


def fetch_jars() -> Path:
    """The folder with the jars, fetched once."""
    jars = CACHE / "jars"
    done = CACHE / "fetched"
    if not done.exists() or done.read_text() != POM.read_text():
        shutil.rmtree(jars, ignore_errors=True)
        jars.mkdir(parents=True)
        command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
        fetched = subprocess.run(command, capture_output=True, text=True, check=False)
        if fetched.returncode != 0:
            raise StartFailed(f"Maven could not fetch Apache Kafka:\n{fetched.stdout[-2000:]}")
        done.write_text(POM.read_text())
    return jars


class ApacheKafka:
    """One node in `<data_dir>/apache-kafka`; forgets nothing until its folder goes."""

    def __init__(self, data_dir: Path) -> None:
        self.home = data_dir.absolute() / "apache-kafka"
        self.log = self.home / "kafka.log"
        self.port = 0
        self.secured = 0  # the port that wants TLS, a name and a password
        self.access = KafkaAccess(
            tls=True, ca=self.home / "certificate.pem", sasl="PLAIN", user="patron", password=secrets.token_urlsafe(16)
        )
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def start(self, timeout: float = 90) -> None:
        """Format its storage the first time, start it, return when it answers."""
        jars = fetch_jars()
        java: list[str | Path] = [
            "java",
            "-Xmx512m",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            f"{jars}/*",
        ]
        self._write_properties()
        if not (self.home / "logs" / "meta.properties").exists():
            self._format(java)
        self._child = spawn([*java, "kafka.Kafka", self.home / "server.properties"], self.log)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._child.poll() is not None:
                raise StartFailed(f"Apache Kafka did not start; the end of {self.log}:\n{tail(self.log)}")
            try:
                ask_metadata(LOOPBACK, self.port)
            except OSError:
                time.sleep(0.2)
            else:
                return
        self.kill()
        raise StartFailed(
            f"Apache Kafka did not answer within {timeout:.0f} s; the end of {self.log}:\n{tail(self.log)}"
        )

    def stop(self, timeout: float = 20) -> None:
        if self._child is not None:
            stop_child(self._child, timeout)
            self._child = None

    def kill(self) -> None:
        if self._child is not None:
            kill_child(self._child)
            self._child = None

    def _write_properties(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        if self.port == 0:
            self.port = free_port()
            self.secured = free_port(besides={self.port})
            keystore = self.home / "keystore.pem"
            write_certificate(self.home / "certificate.pem", keystore)
            text = PROPERTIES.format(
                host=LOOPBACK, port=self.port, secured=self.secured, keystore=keystore, user=self.access.user,
                password=self.access.password, controller=free_port(besides={self.port, self.secured}),
                logs=self.home / "logs",
            )  # fmt: skip
            (self.home / "server.properties").write_text(text)

    def _format(self, java: list[str | Path]) -> None:
        command = [*java, "kafka.tools.StorageTool", "format", "--config", self.home / "server.properties"]
        command += ["--cluster-id", str(uuid4())[:22]]
        formatted = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if formatted.returncode != 0:
            raise StartFailed(f"Apache Kafka's storage could not be formatted:\n{formatted.stderr[-2000:]}")
