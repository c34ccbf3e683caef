"""Restarts what crashed, with growing pauses, and says so."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from deploy.embedded.failures import StartFailed

FIRST_PAUSE, LONGEST_PAUSE, HEALTHY_AFTER = 0.3, 15.0, 30.0


class Part(Protocol):
    @property
    def running(self) -> bool: ...


class Watched(Protocol):
    @property
    def parts(self) -> Mapping[str, Part]: ...

    def revive(self, name: str) -> None: ...


class Watch:
    """A thread that looks at the parts four times a second."""

    def __init__(self, system: Watched, say: Callable[[str], None]) -> None:
        self._system = system
        self._say = say
        self._down: set[str] = set()  # killed on purpose: left alone
        self._pause: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        self._busy = threading.RLock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="patron-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """While a part is killed or restarted by hand, the watch does nothing."""
        with self._busy:
            yield

    def leave_down(self, name: str) -> None:
        self._down.add(name)

    def keep_up(self, name: str) -> None:
        self._down.discard(name)

    def _run(self) -> None:
        while not self._ended.wait(0.25):
            with self._busy:
                for name in list(self._system.parts):
                    self._look_at(name)

    def _look_at(self, name: str) -> None:
        now = time.monotonic()
        if self._ended.is_set() or name in self._down:
            return
        if self._system.parts[name].running:
            if now > self._not_before.get(name, 0) + HEALTHY_AFTER:
                self._pause.pop(name, None)
            return
        if name not in self._pause:
            self._pause[name] = FIRST_PAUSE
        elif now < self._not_before[name]:
            return
        pause = self._pause[name]
        self._say(f"{name} stopped unexpectedly; starting it again")
        try:
            self._system.revive(name)
        except (StartFailed, OSError) as error:
            self._say(f"{name} did not start again (next try in {pause:.0f} s): {error}")
        self._not_before[name] = time.monotonic() + pause
        self._pause[name] = min(pause * 2, LONGEST_PAUSE)
