"""Child processes: started in their own group, recognised later by id *and* start time, stopped and killed by id."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

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


class ChildProcess:
    """A part of the system that is one child process, once it was started. Another thread may be starting it anew."""

    stop_seconds: ClassVar[float] = 30  # before what does not stop is killed
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        child = self._child
        return child is not None and child.poll() is None

    @property
    def exit_code(self) -> int | None:
        child = self._child
        return child.poll() if child is not None else None

    @property
    def pid(self) -> int | None:
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def stop(self) -> None:
        """Asks it to stop, and kills it when it does not in time."""
        if self._child is not None:
            stop_child(self._child, self.stop_seconds, self.stop_signal)
            self._child = None

    def kill(self) -> None:
        """kill -9, as the fault tests do it."""
        if self._child is not None:
            kill_child(self._child)
            self._child = None


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, for a message about something that did not start."""
    if not log.exists():
        return "(no log)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
