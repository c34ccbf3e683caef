"""A service's life: it migrates, relays, consumes, measures, and stops in order, with a broker in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.chassis import Ports, Service
from shared.chassis.migrations import upgrade
from shared.events import CustomerReferenceRegistered
from shared.messaging import Database, Subscriptions, Timer, Timers, Transaction, announce, new_id, set_timer
from shared.messaging.broker.loopback import LoopbackBroker
from shared.messaging.database.transaction import system_clock
from shared.messaging.inbox.timing import ConsumerTiming
from shared.messaging.pulse import JointPulse
from tests import harness
from tests.shared.chassis import sample


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 15) -> Any:
    """Poll until it is true; never sleep blindly."""
    end = asyncio.get_running_loop().time() + seconds
    while not (result := await condition()):
        assert asyncio.get_running_loop().time() < end, "it did not come true in time"
        await asyncio.sleep(0.02)
    return result


class Life:
    """A sample service that hears what it announces itself, with a timer and background work."""

    def __init__(self, database: Database, keys: harness.Keys) -> None:
        self.received: list[str] = []
        self.fired: list[str] = []
        self.background: list[str] = []
        self.broker = LoopbackBroker()
        subscriptions, timers = Subscriptions(), Timers()
        subscriptions.on(CustomerReferenceRegistered, self.when_customers_are_seen)
        timers.on("ring", self.when_it_rings)
        settings = sample.Settings(
            database_url=database.url, keys=keys.directory, services={"gateway": "http://gateway"}
        )
        ports = Ports(
            broker=self.broker,
            database=database,
            transport=harness.nowhere,
            logs=False,
            timing=ConsumerTiming(reconcile_seconds=60, watchdog_seconds=5, max_pause_seconds=0.1),
        )
        self.app = sample.create_app(
            settings, ports, subscriptions=subscriptions, timers=timers, background=[self.work_beside]
        )

    async def when_customers_are_seen(self, tx: Transaction, seen: Sequence[CustomerReferenceRegistered]) -> None:
        self.received += [str(event.customer_id) for event in seen]

    async def when_it_rings(self, tx: Transaction, due: Sequence[Timer]) -> None:
        self.fired.extend(timer.aggregate for timer in due)
        announce(tx, [CustomerReferenceRegistered(customer_id=new_id(), source="rung", registered_at=tx.at)])

    async def work_beside(self, service: Service, stop: asyncio.Event) -> None:
        self.background.append("started")
        if len(self.background) == 1:
            raise RuntimeError("the first time it fails")
        await stop.wait()
        self.background.append("stopped")


@pytest.fixture
def life(database: Database, keys: harness.Keys) -> Life:
    return Life(database, keys)


async def test_what_is_announced_arrives_and_what_rings_is_announced(
    life: Life, keys: harness.Keys, database: Database
) -> None:
    async with harness.client_of(life.app, harness.AsAdmin(keys, "profile")) as client:
        made = (await client.post("/v1/things", json={"name": "one"})).json()
        await database.run(lambda tx: set_timer(tx, "bell", "ring", 1, system_clock()))
        await until(lambda: received(life, 2))
        assert made["id"] in life.received  # first or second: they are two streams
        assert life.fired == ["bell"]
        assert (await client.get("/readyz")).json() == {"status": "ready", "reasons": [], "stuck": [], "instance": ""}
        await until(lambda: nothing_unsent(client, keys))
        await until(lambda: started_again(life))
    assert life.background == ["started", "started", "stopped"]
    assert life.app.state.service.tasks == {}


async def received(life: Life, many: int) -> bool:
    return len(life.received) >= many


async def started_again(life: Life) -> bool:
    return life.background == ["started", "started"]


async def nothing_unsent(client: httpx.AsyncClient, keys: harness.Keys) -> bool:
    status = (await client.get("/internal/status", headers=keys.internal("profile"))).json()
    assert status["work"]["relay"] == "running"
    return bool(status["outbox_depth"] == 0 and status["applied"] == 2)


async def test_what_was_committed_just_before_the_stop_is_still_sent(
    life: Life, keys: harness.Keys, database: Database
) -> None:
    async with harness.client_of(life.app, harness.AsAdmin(keys, "profile")) as client:
        await asyncio.gather(*(client.post("/v1/things", json={"name": "one"}) for _ in range(20)))
    unsent = "select count(*) from outbox_unsent"
    assert await database.run(lambda tx: tx.raw.fetchval(unsent)) == 0
    assert sum(len(log) for log in life.broker.logs.values()) == 20


async def test_replicas_that_start_together_migrate_in_turn(postgres: harness.Databases) -> None:
    url = (await postgres.make_database("turns")).replace("postgresql://", "postgresql+asyncpg://")
    directory = Path(__file__).parents[1] / "bare" / "migrations"
    await asyncio.gather(*(upgrade(directory, url) for _ in range(4)))
    database = Database(url)
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from stream_epoch")) == 1
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from alembic_version")) == 1
    await database.close()


async def test_not_ready_says_why(life: Life, keys: harness.Keys, client: httpx.AsyncClient) -> None:
    service: Service = life.app.state.service
    async with harness.client_of(life.app, None) as own:
        service.tasks["timers"].cancel()
        await until(lambda: not_ready(own))
        answer = await own.get("/readyz")
        assert answer.json()["status"] == "not ready"
        assert answer.json()["reasons"] == ["timers: has ended"]
        assert (await own.get("/livez")).status_code == 200


@pytest.mark.parametrize("part", ["consumer", "relay", "timers"])
async def test_what_hangs_is_told_with_since_when_and_makes_the_service_not_ready(
    life: Life, keys: harness.Keys, part: str
) -> None:
    """Something that never comes back, in the place of what the loop does."""
    service: Service = life.app.state.service
    async with harness.client_of(life.app, None) as own:
        await until(lambda: beats(service, part))
        service.tasks[part].cancel()
        service.tasks[part] = asyncio.create_task(asyncio.Event().wait(), name="hangs")  # type: ignore[arg-type]
        await asyncio.sleep(0)
        pulse = service.pulses[part]
        hanging = pulse.parts[-1] if isinstance(pulse, JointPulse) else pulse  # one lane of several is enough
        hanging.due_at = asyncio.get_running_loop().time() - 1
        hanging.alive_at -= 61
        answer = await own.get("/readyz")
        assert answer.status_code == 503
        [stuck] = answer.json()["stuck"]
        assert (stuck["part"], stuck["hangs"]) == (part, True)
        ago = datetime.now(UTC) - datetime.fromisoformat(stuck["since"])
        assert timedelta(seconds=60) < ago < timedelta(seconds=90)
        assert answer.json()["reasons"] == [f"{part}: does not come by any more, since {_second(stuck['since'])} UTC"]
        service.tasks[part].cancel()


async def test_a_broker_that_is_away_is_told_and_keeps_nobody_from_being_served(
    life: Life, keys: harness.Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(life.broker, "consumer", away)
    monkeypatch.setattr(life.broker, "producer", away)
    monkeypatch.setattr("shared.chassis.operations.readiness.PATIENCE_SECONDS", 0)
    async with harness.client_of(life.app, None) as own:
        await until(lambda: are_stuck(own, {"consumer", "relay"}))
        answer = await own.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "ready")
        assert all("tries in vain (ConnectionRefusedError), since" in reason for reason in answer.json()["reasons"])


async def test_what_waits_though_everything_runs_is_told(
    life: Life, keys: harness.Keys, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.chassis.operations.readiness.WAITING_SECONDS", -60)
    life.app.state.service.timers.effects.clear()
    async with harness.client_of(life.app, None) as own:
        await database.run(lambda tx: set_timer(tx, "bell", "ring", 1, system_clock()))
        await until(lambda: are_stuck(own, {"timers"}))
        assert (await own.get("/readyz")).json()["reasons"][0].startswith("timers: timers are overdue, since 20")


async def test_a_start_waits_for_a_database_that_is_still_coming_up(
    life: Life, keys: harness.Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    async def upgrade_at_last(*_: object) -> None:
        tries.append(1)
        if len(tries) < 4:
            raise ConnectionRefusedError

    monkeypatch.setattr("shared.chassis.migrations.upgrade", upgrade_at_last)
    async with harness.client_of(life.app, None) as own:
        assert (await own.get("/livez")).status_code == 200
    assert len(tries) == 4


def _second(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M:%S}"


async def beats(service: Service, part: str) -> bool:
    return part in service.pulses and service.pulses[part].alive_at > 0


async def are_stuck(client: httpx.AsyncClient, parts: set[str]) -> bool:
    return {stuck["part"] for stuck in (await client.get("/readyz")).json()["stuck"]} == parts


async def not_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).status_code == 503
