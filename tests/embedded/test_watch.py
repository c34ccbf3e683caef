"""The watch: what crashed or hangs comes back, parts side by side, PostgreSQL first; pauses grow for what fails."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from deploy.embedded import watch as watching
from deploy.embedded.failures import StartFailed
from deploy.embedded.watch import Patience, Watch

FAST = Patience(ask_seconds=0.02, hang_seconds=0.3, start_seconds=0.8)


class FakePart:
    """A process that is not there: it runs and answers as it is told."""

    def __init__(self) -> None:
        self.running = True
        self.silent = False
        self.exit_code: int | None = None
        self.killed = 0

    def answers(self) -> bool:
        return not self.silent

    def kill(self) -> None:
        self.running, self.exit_code, self.killed = False, -signal.SIGKILL, self.killed + 1

    def crash(self, code: int = 1) -> None:
        self.running, self.exit_code = False, code


class FakeSystem:
    """Parts whose start takes as long as it is told; remembers when each start began and ended."""

    def __init__(self, *names: str) -> None:
        self.parts = {name: FakePart() for name in names}
        self.starting = 0.0
        self.refused: set[str] = set()
        self.silent_after_start: set[str] = set()
        self.starts: list[tuple[str, float, float]] = []
        self.lines: list[str] = []
        self._lock = threading.Lock()

    def revive(self, name: str) -> None:
        began = time.monotonic()
        time.sleep(self.starting)
        with self._lock:
            self.starts.append((name, began, time.monotonic()))
        if name in self.refused:
            raise StartFailed(f"{name} cannot start")
        part = self.parts[name]
        part.silent = name in self.silent_after_start
        part.running, part.exit_code = True, None

    def started(self, name: str) -> list[tuple[float, float]]:
        with self._lock:
            return [(began, ended) for started, began, ended in self.starts if started == name]


@contextmanager
def watched(system: FakeSystem, patience: Patience = FAST) -> Iterator[Watch]:
    watch = Watch(system, system.lines.append, patience)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


@pytest.fixture(autouse=True)
def faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(watching, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(watching, "LONGEST_PAUSE", 0.2)


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)


def test_postgres_comes_first_and_the_others_side_by_side() -> None:
    system = FakeSystem("postgres", "broker", "profile", "gateway")
    system.starting = 0.2
    for part in system.parts.values():
        part.crash(-signal.SIGKILL)
    with watched(system):
        until(lambda: all(part.running for part in system.parts.values()))
    [(_, postgres_ran)] = system.started("postgres")
    others = [start for name in ("broker", "profile", "gateway") for start in system.started(name)]
    assert len(others) == 3
    assert min(began for began, _ in others) >= postgres_ran
    assert max(began for began, _ in others) < min(ended for _, ended in others), "one after the other"


def test_a_start_that_takes_its_time_holds_up_nobody() -> None:
    system = FakeSystem("postgres", "broker", "gateway")
    release = threading.Event()
    revive = system.revive

    def slow_broker(name: str) -> None:
        if name == "broker":
            release.wait(10)
        revive(name)

    system.revive = slow_broker  # type: ignore[method-assign]
    with watched(system):
        system.parts["broker"].crash()
        system.parts["gateway"].crash()
        until(lambda: system.parts["gateway"].running)
        assert not system.parts["broker"].running
        release.set()
        until(lambda: system.parts["broker"].running)


def test_what_is_killed_again_and_again_is_back_at_once_each_time() -> None:
    system = FakeSystem("gateway")
    with watched(system):
        for _ in range(10):
            system.parts["gateway"].crash(-signal.SIGKILL)
            died = time.monotonic()
            until(lambda: system.parts["gateway"].running)
            assert time.monotonic() - died < 1


def test_what_crashes_before_it_has_answered_is_tried_after_a_growing_pause() -> None:
    system = FakeSystem("gateway", "profile")
    system.refused = {"gateway"}
    with watched(system):
        system.parts["gateway"].crash()
        until(lambda: len(system.started("gateway")) >= 6)
        system.refused.clear()
        until(lambda: system.parts["gateway"].running)
    began = [start for start, _ in system.started("gateway")]
    pauses = [later - earlier for earlier, later in pairwise(began)]
    assert pauses[4] > 4 * watching.FIRST_PAUSE
    assert pauses[4] < 10 * watching.LONGEST_PAUSE
    assert any("did not start again" in line for line in system.lines)


def test_what_lives_and_does_not_answer_is_ended_and_started_again() -> None:
    system = FakeSystem("postgres", "gateway")
    with watched(system):
        system.parts["gateway"].silent = True
        until(lambda: len(system.started("gateway")) == 1)
        until(lambda: system.parts["gateway"].running)
    assert (system.parts["gateway"].killed, system.parts["postgres"].killed) == (1, 0)
    assert any("gateway has not answered for" in line for line in system.lines)


def test_a_short_silence_ends_nobody() -> None:
    system = FakeSystem("gateway")
    with watched(system, Patience(ask_seconds=0.02, hang_seconds=5, start_seconds=5)):
        system.parts["gateway"].silent = True
        time.sleep(0.3)
        system.parts["gateway"].silent = False
    assert system.parts["gateway"].killed == 0


def test_what_starts_slowly_has_longer_before_its_first_answer_but_not_for_ever() -> None:
    system = FakeSystem("gateway")
    system.silent_after_start = {"gateway"}
    with watched(system):
        system.parts["gateway"].crash()
        until(lambda: len(system.started("gateway")) == 1)
        began = time.monotonic()
        until(lambda: system.parts["gateway"].killed == 1)
        assert time.monotonic() - began > FAST.hang_seconds
        system.silent_after_start = set()
        until(lambda: system.parts["gateway"].running and not system.parts["gateway"].silent)


def test_what_was_killed_on_purpose_stays_down_and_the_others_do_not_wait_for_it() -> None:
    system = FakeSystem("postgres", "gateway")
    with watched(system) as watch:
        with watch.hands_off("postgres"):
            watch.leave_down("postgres")
            system.parts["postgres"].kill()
        system.parts["gateway"].crash()
        until(lambda: system.parts["gateway"].running)
        assert not system.parts["postgres"].running
        watch.keep_up("postgres")
        until(lambda: system.parts["postgres"].running)


def test_a_part_in_somebodys_hands_is_left_alone_while_others_come_back() -> None:
    system = FakeSystem("postgres", "profile", "gateway")
    with watched(system) as watch, watch.hands_off("profile"):
        system.parts["profile"].crash()
        system.parts["gateway"].crash()
        until(lambda: system.parts["gateway"].running)
        assert system.started("profile") == []


def test_a_part_that_cannot_even_be_asked_does_not_end_the_watch() -> None:
    system = FakeSystem("profile", "gateway")
    was_called = threading.Event()

    def raise_always() -> bool:
        was_called.set()
        raise RuntimeError("no answer of any kind")

    system.parts["profile"].answers = raise_always  # type: ignore[method-assign]
    with watched(system):
        assert was_called.wait(10)
        system.parts["gateway"].crash()
        until(lambda: system.parts["gateway"].running)
    assert any("could not be looked at" in line for line in system.lines)
