"""Child processes: started in their own group, recognised later by id *and* start time, stopped and killed by id."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class ProcessId:
    """A pid alone may be somebody else's tomorrow; with its start time it is one process for ever."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 2
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def runs(self, argument: str) -> bool:
        """Is this the program that was started with the given argument?"""
        try:
            return self.alive() and argument in psutil.Process(self.pid).cmdline()
        except psutil.Error:
            return False

    def send(self, number: signal.Signals) -> None:
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def stop(self, seconds: float, number: signal.Signals = signal.SIGTERM) -> None:
        """Asks, waits, and kills what does not go."""
        self.send(number)
        if not self.gone_within(seconds):
            self.send(signal.SIGKILL)
            self.gone_within(5)


def spawn(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    uid: int | None = None,
    gid: int | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a program with its output appended to a log. Its own process group keeps the terminal's Ctrl-C from it:
    the supervisor stops everything itself, in the right order."""
    log.parent.mkdir(parents=True, exist_ok=True)
    groups: list[int] | None = None if uid is None else []
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            user=uid,
            group=gid,
            extra_groups=groups,
            process_group=0,
        )


def stop_child(child: subprocess.Popen[bytes], seconds: float, number: signal.Signals = signal.SIGTERM) -> None:
    """Asks a child to stop, waits, kills it when it does not, and reaps it."""
    if child.poll() is None:
        child.send_signal(number)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        kill_child(child)


def kill_child(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, for a message about something that did not start."""
    if not log.exists():
        return "(no log)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
