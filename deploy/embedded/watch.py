"""Restarts what crashed or hangs, parts side by side, and says so.

PostgreSQL comes first where it is down: nothing else can work without it. What crashes before it has ever answered is
tried again after a growing pause; what worked, or was killed from outside, at once.
"""

import contextlib
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from deploy.embedded.failures import StartFailed

LOOK_SECONDS = 0.25  # between two looks at whether the processes live
FIRST_PAUSE, LONGEST_PAUSE = 0.3, 15.0
FIRST = "postgres"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a part that lives may keep silent, in seconds.

    It is asked every `ask_seconds`, and ended after `hang_seconds` of silence; before its first answer after
    `start_seconds`: it may be starting, and waits for its database.
    """

    ask_seconds: float = 2.0
    hang_seconds: float = 15.0
    start_seconds: float = 300.0


class Part(Protocol):
    @property
    def running(self) -> bool: ...

    @property
    def exit_code(self) -> int | None:
        """How it ended, the negative number of a signal; None while it runs, or was stopped on purpose."""

    def answers(self) -> bool:
        """Whether it does its work, asked within a few seconds."""

    def kill(self) -> None: ...


class Watched(Protocol):
    @property
    def parts(self) -> Mapping[str, Part]: ...

    def revive(self, name: str) -> None:
        """Start a part that does not run. Raises StartFailed or OSError."""


@dataclass(slots=True)
class _Seen:
    """What is known of one part; instants are monotonic."""

    pause: float = 0.0
    not_before: float = 0.0
    ask_at: float = 0.0
    last_answer: float = 0.0  # or when it was started
    has_answered: bool = True  # the system was ready when the watch began


class Watch:
    """A thread that looks at the parts four times a second, and one for each part that needs something."""

    def __init__(self, system: Watched, say: Callable[[str], None], patience: Patience | None = None) -> None:
        self._system = system
        self._say = say
        self._patience = patience or Patience()
        self._down: set[str] = set()  # killed on purpose: left alone
        self._seen: dict[str, _Seen] = {}
        self._hands_on: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)  # who works on a part
        self._at_work: set[str] = set()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look; the parts run."""
        self._ended.clear()
        self._seen = {name: _Seen(last_answer=time.monotonic()) for name in self._system.parts}
        self._thread = threading.Thread(target=self._run, name="patron-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns when nothing is being started any more."""
        self._ended.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    @contextlib.contextmanager
    def hands_off(self, name: str) -> Iterator[None]:
        """While a part is killed or restarted by hand, the watch leaves it alone; the others it goes on with."""
        with self._hands_on[name]:
            yield
            self._seen[name] = _Seen(last_answer=time.monotonic(), has_answered=False)

    def leave_down(self, name: str) -> None:
        self._down.add(name)

    def keep_up(self, name: str) -> None:
        self._down.discard(name)

    def _run(self) -> None:
        with ThreadPoolExecutor(thread_name_prefix="patron-watch") as threads:
            while not self._ended.wait(LOOK_SECONDS):
                postgres_is_down = FIRST in self._system.parts and not self._system.parts[FIRST].running
                for name in self._system.parts:
                    if postgres_is_down and name != FIRST and FIRST not in self._down:
                        continue
                    if name not in self._down and name not in self._at_work and self._needs_something(name):
                        self._at_work.add(name)
                        threads.submit(self._work_on, name)

    def _needs_something(self, name: str) -> bool:
        seen, now = self._seen.setdefault(name, _Seen(last_answer=time.monotonic())), time.monotonic()
        return now >= seen.ask_at if self._system.parts[name].running else now >= seen.not_before

    def _work_on(self, name: str) -> None:
        try:
            with self._hands_on[name]:
                if self._ended.is_set() or name in self._down:
                    return
                if self._system.parts[name].running and self._is_well(name):
                    return
                if not self._ended.is_set():
                    self._revive(name)
        except Exception as error:  # the watch goes on, whatever happens to one part
            self._say(f"{name} could not be looked at: {error!r}")
            self._seen[name].not_before = self._seen[name].ask_at = time.monotonic() + LONGEST_PAUSE
        finally:
            self._at_work.discard(name)

    def _is_well(self, name: str) -> bool:
        """It answers, or may still. Otherwise it has been ended when this returns."""
        part, seen = self._system.parts[name], self._seen[name]
        answers = part.answers()
        now = time.monotonic()
        seen.ask_at = now + self._patience.ask_seconds
        if answers:
            seen.last_answer, seen.has_answered, seen.pause = now, True, 0.0
            return True
        patience = self._patience.hang_seconds if seen.has_answered else self._patience.start_seconds
        if not part.running or now - seen.last_answer < patience:
            return part.running
        self._say(f"{name} has not answered for {now - seen.last_answer:.0f} s; ending it")
        part.kill()
        return False

    def _revive(self, name: str) -> None:
        part, seen = self._system.parts[name], self._seen[name]
        if seen.has_answered or part.exit_code == -signal.SIGKILL:
            seen.pause = 0.0
        by_itself = f" (exit code {part.exit_code})" if (part.exit_code or -1) >= 0 else ""
        self._say(f"{name} stopped unexpectedly{by_itself}; starting it again")
        try:
            self._system.revive(name)
        except (StartFailed, OSError) as error:
            self._say(f"{name} did not start again (next try in {max(seen.pause, FIRST_PAUSE):.1f} s): {error}")
        seen.pause = min(max(2 * seen.pause, FIRST_PAUSE), LONGEST_PAUSE)
        now = time.monotonic()
        seen.not_before, seen.last_answer, seen.has_answered, seen.ask_at = now + seen.pause, now, False, now
