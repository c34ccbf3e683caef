"""The system of processes: started in order, crashed ones come back, two live side by side, messages say what to do."""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.embedded import EmbeddedBroker, StartFailed, System, scratch_data_dir
from deploy.embedded.ports import free_port
from deploy.embedded.service import ServiceProcess, environment
from deploy.embedded.state import State
from deploy.embedded.watch import Patience

Env = dict[str, str]
# where one service tells as much as five
GATEWAY_ONLY = ("gateway",)


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def ask(url: str) -> dict[str, str | None]:
    with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
        body: dict[str, str | None] = json.load(answer)
        return body


def test_the_broker_answers_and_forgets(data_dir: Path) -> None:
    broker = EmbeddedBroker(data_dir)
    broker.start()
    port, cluster = broker.port, broker.metadata().cluster_id
    broker.kill()
    broker.start()
    assert broker.port == port
    assert broker.metadata().cluster_id != cluster, "consumers tell by it that the broker forgot"
    broker.stop()


def test_all_parts_run_and_all_stop(data_dir: Path, stand_ins: Env) -> None:
    with System(data_dir, free_port(), env=stand_ins) as system:
        assert list(system.pids) == ["postgres", "broker", "profile", "tiering", "complaint", "loyalty", "gateway"]
        assert {ask(url)["service"] for url in system.urls.values()} == set(system.urls)
        state = State.read(data_dir)
        assert state is not None
        assert state.phase == "ready"
        assert {name: running.pid for name, running in state.processes.items()} == system.pids
        assert "patron_tiering" in system.postgres.databases()
        private = data_dir / "keys" / "tiering.private.pem"
        assert private.stat().st_mode & 0o077 == 0
    after = State.read(data_dir)
    assert after is not None
    assert after.phase == "stopped"
    assert not any(running.process.alive() for running in state.processes.values())


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def test_each_service_has_an_internal_port_of_its_own(data_dir: Path, stand_ins: Env) -> None:
    with System(data_dir, free_port(), env=stand_ins) as system:
        assert set(system.urls.values()).isdisjoint(system.internal_urls.values())
        state = State.read(data_dir)
        assert state is not None
        assert state.internal == system.internal_urls
        for name in system.services:
            assert status_of(f"{system.urls[name]}/internal/status") == 404
            assert status_of(f"{system.internal_urls[name]}/internal/status") == 200
            assert status_of(f"{system.internal_urls[name]}/v1/customers") == 404
            assert ask(system.internal_urls[name])["service"] == name
        kept = system.internal_urls
    with System(data_dir, env=stand_ins, services=GATEWAY_ONLY) as system:
        assert system.internal_urls["gateway"] == kept["gateway"], "ports are kept"


def test_what_crashes_comes_back_and_what_is_killed_stays_down(data_dir: Path, stand_ins: Env) -> None:
    messages: list[str] = []
    fault = {"tiering": {"PATRON_FAULT": "relay.after_send"}}
    with System(data_dir, free_port(), env=stand_ins, service_env=fault, say=messages.append) as system:
        before = system.pids
        assert ask(system.urls["tiering"])["fault"] == "relay.after_send"
        for name in ("tiering", "broker", "postgres"):
            os.kill(before[name], signal.SIGKILL)
            assert within(10, lambda name=name: system.pids.get(name, before[name]) != before[name])  # type: ignore[misc]
            assert f"{name} stopped unexpectedly; starting it again" in messages
        assert within(20, system.services["tiering"].ready)
        assert ask(system.urls["tiering"])["fault"] is None, "a fault point fires once"

        system.kill("loyalty")
        time.sleep(1)
        assert "loyalty" not in system.pids
        system.restart("loyalty", env={"PATRON_FAULT": "timer.after_commit"})
        assert ask(system.urls["loyalty"])["fault"] == "timer.after_commit"


def test_what_is_stopped_in_its_tracks_is_ended_and_comes_back(data_dir: Path, stand_ins: Env) -> None:
    """SIGSTOP: the processes live, the kernel takes connections for them, and nobody answers."""
    patience = Patience(ask_seconds=0.2, hang_seconds=1.5, start_seconds=60)
    names = ("postgres", "broker", "gateway")
    with System(data_dir, free_port(), env=stand_ins, services=GATEWAY_ONLY, patience=patience) as system:
        before = system.pids
        for name in names:
            os.kill(before[name], signal.SIGSTOP)
        assert within(40, lambda: all(system.pids.get(name, before[name]) != before[name] for name in names))
        assert within(20, system.services["gateway"].ready)
        assert within(20, system.broker.answers)
        assert "patron_gateway" in system.postgres.databases()


def test_a_second_start_on_the_same_data_says_who_runs(data_dir: Path, stand_ins: Env) -> None:
    with System(data_dir, free_port(), env=stand_ins, services=GATEWAY_ONLY) as system:
        with pytest.raises(StartFailed, match="already runs") as refused:
            System(data_dir, env=stand_ins).start()
        assert system.gateway_url in str(refused.value)
        assert ask(system.gateway_url)["service"] == "gateway", "the first one is not disturbed"


def test_two_systems_live_side_by_side(data_dir: Path, stand_ins: Env) -> None:
    with (
        scratch_data_dir() as other_dir,
        System(data_dir, free_port(), env=stand_ins, services=GATEWAY_ONLY) as first,
        System(other_dir, free_port(), env=stand_ins, services=GATEWAY_ONLY) as other,
    ):
        assert set(first.urls.values()).isdisjoint(other.urls.values())
        assert ask(first.gateway_url)["instance"] == first.services["gateway"].instance
        assert ask(other.gateway_url)["instance"] == other.services["gateway"].instance


def test_a_taken_port_is_named(data_dir: Path, stand_ins: Env) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartFailed, match=f"Port {port} .* is taken .* --port"):
            System(data_dir, port, env=stand_ins).start()
    assert State.read(data_dir) is None, "nothing was started"


def test_a_service_that_cannot_start_shows_its_log_and_nothing_stays(data_dir: Path, stand_ins: Env) -> None:
    broken = {"complaint": {"PYTHONPATH": "/nowhere", "PYTHONSAFEPATH": "1", "PATRON_DATABASE_URL": "nonsense"}}
    system = System(data_dir, free_port(), env=stand_ins, service_env=broken)
    with pytest.raises(StartFailed, match="complaint"):
        system.start(timeout=120)
    assert system.pids == {}


def test_leftovers_of_a_killed_supervisor_are_ended(data_dir: Path, stand_ins: Env) -> None:
    """Nobody stops the processes of a supervisor that was killed: the next start does, and says so."""
    killed = System(data_dir, free_port(), env=stand_ins, services=GATEWAY_ONLY, supervise=False)
    killed.start()
    orphans = State.read(data_dir)
    assert orphans is not None
    killed._lock.release()  # as the kernel does it for a killed process
    messages: list[str] = []
    with System(data_dir, env=stand_ins, services=GATEWAY_ONLY, say=messages.append) as system:
        assert any("gateway was left over" in text for text in messages)
        assert not any(running.process.alive() for running in orphans.processes.values())
        assert system.gateway_url == killed.gateway_url, "ports are kept"
    killed.stop()


def test_another_program_that_answers_on_the_port_is_not_taken_for_the_service(
    data_dir: Path, stand_ins: dict[str, str]
) -> None:
    port, first_internal, second_internal = free_port(), free_port(), free_port()
    nowhere = "postgresql://nobody@127.0.0.1/x"
    env = environment(
        "profile",
        database_url=nowhere,
        migration_database_url="postgresql://owner@127.0.0.1/x",
        kafka="127.0.0.1:1",
        kafka_mode="embedded",
        ports={},
        internal_ports={},
        keys=data_dir,
    )
    first = ServiceProcess("profile", port, first_internal, data_dir / "first.log", env | stand_ins)
    second = ServiceProcess("profile", port, second_internal, data_dir / "second.log", env | stand_ins)
    try:
        first.start()
        assert within(30, first.ready)
        second.start()
        assert within(30, lambda: not second.running), "the port is taken"
        assert not second.ready()
        assert first.ready()
        assert second.log.read_text().startswith("Can not listen on 127.0.0.1"), "in a sentence, without a stack trace"
    finally:
        first.stop()
        second.stop()
