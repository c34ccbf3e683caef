"""One embedded system with a few households of the demo, for all pages and examples that run against one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.embedded import System, scratch_data_dir
from deploy.embedded.ports import free_port
from tests.docs.pages import ROOT

HOUSEHOLDS = "12"


@dataclass(frozen=True)
class RunningSystem:
    gateway: str
    data: Path

    @property
    def environment(self) -> dict[str, str]:
        """That of somebody who reads the pages: `patron` and `python` are found, and this system is meant."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "PATRON_DATA": str(self.data), "GATEWAY": self.gateway}


@pytest.fixture(scope="package")  # left alone, it would take a tenth of a processor from all tests after
def running_system() -> Iterator[RunningSystem]:
    with scratch_data_dir() as data, System(data, free_port()) as system:
        running = RunningSystem(system.urls["gateway"], data)
        demo = [sys.executable, "-m", "deploy.cli", "demo", "--customers", HOUSEHOLDS]
        done = subprocess.run(
            demo, cwd=ROOT, env=running.environment, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        yield running
