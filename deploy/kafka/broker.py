"""Starts Apache Kafka (KRaft, one node, loopback) from jars that Maven fetched, as docker-compose.yml sets it up.

For `make test-kafka` only.
"""

import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import yaml

from deploy.embedded.failures import StartFailed
from deploy.embedded.kafka_wire import ask_metadata
from deploy.embedded.ports import LOOPBACK, free_port
from deploy.embedded.processes import kill_child, spawn, stop_child, tail
from deploy.embedded.service import SERVICES
from deploy.kafka.acls import OPERATOR
from deploy.kafka.certificate import make_certificate, on_one_line
from shared.messaging.broker.kafka_access import KafkaAccess

POM = Path(__file__).parent / "pom.xml"
CACHE = Path(__file__).resolve().parents[2] / ".patron" / "kafka"

COMPOSE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
SUBSTITUTED = re.compile(r"\$\{(\w+)[^}]*\}")

# What is of this machine and of a test, beside the settings of docker-compose.yml. The open door is for the tests of
# messaging, which make topics of their own; who comes by it has no name, and compose makes the nameless a super user.
PROPERTIES = {
    "listeners": "PLAINTEXT://{host}:{port},SERVICES://{host}:{secured},CONTROLLER://{host}:{controller}",
    "advertised.listeners": "PLAINTEXT://{host}:{port},SERVICES://{host}:{secured}",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SERVICES:SASL_SSL,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.quorum.voters": "1@{host}:{controller}",
    "log.dirs": "{logs}",
    "num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
}


def compose_properties(values: Mapping[str, str]) -> dict[str, str]:
    """The node's settings in docker-compose.yml as properties, as the image makes them of its variables.

    `values` are those of the variables that stand in them (KeyError for one that is missing).
    """
    environment = yaml.safe_load(COMPOSE.read_text())["services"]["kafka"]["environment"]
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): SUBSTITUTED.sub(lambda of: values[of[1]], value)
        for name, value in environment.items()
    }


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
        self.passwords = {user: secrets.token_urlsafe(16) for user in (*SERVICES, OPERATOR)}
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def access(self, user: str) -> KafkaAccess:
        """How a service, or the operator, is let in at the secured port."""
        return KafkaAccess(True, self.home / "certificate.pem", "PLAIN", user, self.passwords[user])

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
            certificate, key = make_certificate(LOOPBACK, days=1)
            (self.home / "certificate.pem").write_bytes(certificate)
            values = {f"PATRON_KAFKA_PASSWORD_{user.upper()}": password for user, password in self.passwords.items()}
            values |= {"PATRON_KAFKA_CERTIFICATE": on_one_line(certificate), "PATRON_KAFKA_KEY": on_one_line(key)}
            places = {
                "host": LOOPBACK, "port": self.port, "secured": self.secured, "logs": self.home / "logs",
                "controller": free_port(besides={self.port, self.secured}),
            }  # fmt: skip
            changed = {name: value.format(**places) for name, value in PROPERTIES.items()}
            properties = compose_properties(values) | changed
            file = self.home / "server.properties"
            file.touch(mode=0o600)
            file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))

    def _format(self, java: list[str | Path]) -> None:
        command = [*java, "kafka.tools.StorageTool", "format", "--config", self.home / "server.properties"]
        command += ["--cluster-id", str(uuid4())[:22]]
        formatted = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if formatted.returncode != 0:
            raise StartFailed(f"Apache Kafka's storage could not be formatted:\n{formatted.stderr[-2000:]}")
