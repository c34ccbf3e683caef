"""A service's life: migrate, start what runs beside HTTP, and stop it again in order, each step under a time limit."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from types import FrameType
from typing import Any

import structlog
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from shared.chassis import migrations
from shared.chassis.access.policy import check_every_route_has_a_policy
from shared.chassis.http import idempotency
from shared.chassis.http.query_parameters import refuse_unknown_parameters
from shared.chassis.http.unknown_customers import CUSTOMER_TOPICS
from shared.chassis.observability.trace_export import spans_exported
from shared.chassis.operations import deployment
from shared.chassis.service import Service
from shared.events import OWNERS
from shared.messaging.backoff import sleep_or_stop
from shared.messaging.broker.interface import Broker
from shared.messaging.database.failures import is_transient
from shared.messaging.database.transaction import Transaction
from shared.messaging.inbox.consumer import ConsumerLoop
from shared.messaging.inbox.pull_on_demand import PullOnDemand
from shared.messaging.outbox.partitions import make_partitions
from shared.messaging.outbox.relay import Relay
from shared.messaging.outbox.retention import drop_old_months
from shared.messaging.outbox.subscriber_positions import HttpSubscriberPositions
from shared.messaging.pulse import Pulse
from shared.messaging.status import read_status

log = structlog.get_logger(__name__)

STOP_SECONDS = 4.0  # for each step of stopping; together less than supervisors wait before they kill
MEASURE_SECONDS = 5.0
DATABASE_SECONDS = 600.0  # for which a start waits for its database
HOUSEKEEPING_SECONDS = 3600.0
LONGEST_PAUSE_SECONDS = 30.0

Work = Callable[[asyncio.Event], Awaitable[None]]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Stopping: the server has stopped accepting; the consumer finishes its batch, timers and background end, the relay
    sends what they left, connections close. What a limit cuts short was not committed, and comes again."""
    service: Service = app.state.service
    check_every_route_has_a_policy(app)
    refuse_unknown_parameters(app)
    stops: dict[str, asyncio.Event] = {}
    traces = ExitStack()
    try:
        if service.ports.running:
            if service.settings.traces_to:
                traces.enter_context(
                    spans_exported(service.name, service.settings.traces_to, service.settings.traces_share)
                )
            _hear_signals(service)
            await _start(service, stops)
            if service.ports.broker is None:  # a process of its own, not one of many applications in a test's
                collect_garbage_less_often()
        log.info("started", service=service.name)
        yield
    finally:
        service.stopping.set()
        beside = [name for name in stops if name not in ("consumer", "relay")]
        for step in (["consumer"], beside, ["relay"]):
            await _stop(service, {name: stops[name] for name in step if name in stops})
        if service.pull_on_demand is not None:
            await service.pull_on_demand.stop(grace_seconds=0)
        await service.clients.close()
        if service.ports.database is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(service.database.close(), STOP_SECONDS)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(traces.close), STOP_SECONDS)
        log.info("stopped", service=service.name)


def collect_garbage_less_often() -> None:
    """What was loaded at start stays, so it is never looked through again; and a batch of 500 events makes tens of
    thousands of small objects that die by reference count. Measured in tiering: 220 -> 124 us of Python an event."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _hear_signals(service: Service) -> None:
    """Under uvicorn, know of the end when the signal comes: open streams must end before the server's wait for them."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        servers = signal.getsignal(number)
        if callable(servers) and getattr(servers, "__qualname__", "").startswith("Server."):

            def both(received: int, frame: FrameType | None, servers: Any = servers) -> None:
                loop.call_soon_threadsafe(service.stopping.set)
                servers(received, frame)

            signal.signal(number, both)


async def _start(service: Service, stops: dict[str, asyncio.Event]) -> None:
    """Starts everything; `stops` gets an event for each thing that runs."""
    await _once_the_database_is_there(service)
    broker = service.ports.broker or _kafka(service)
    service.key_ring.read()  # without one nothing can be sent nor believed: then it does not start
    service.relay = Relay(service.database, broker, service.key_ring.read)
    service.pulses |= {"relay": service.relay.pulse, "timers": service.timers.pulse}
    running: dict[str, Work] = {}
    if service.subscriptions.topics:
        group = f"patron.{service.name}"
        service.consumer = ConsumerLoop(
            broker, group, service.inbox, service.key_ring.read, timing=service.ports.timing
        )
        service.pull_on_demand = PullOnDemand(service.inbox, CUSTOMER_TOPICS & service.subscriptions.topics)
        running["consumer"] = service.consumer.run
        service.pulses["consumer"] = service.consumer.pulse
    running["timers"] = lambda stop: service.timers.run(service.database, stop)
    for work in service.background:
        pulse = getattr(getattr(work, "__self__", None), "pulse", None)  # a method of what has one, as jobs have
        if isinstance(pulse, Pulse):
            service.pulses["jobs"] = pulse
        running[f"background:{work.__name__}"] = lambda stop, work=work: work(service, stop)  # type: ignore[misc]
    running["housekeeping"] = lambda stop: _keep_house(service, stop)
    running["measuring"] = lambda stop: _measure(service, stop)
    running["relay"] = service.relay.run
    for name, work_ in running.items():
        stops[name] = asyncio.Event()
        task = asyncio.create_task(_supervised(name, work_, stops[name]), name=f"{service.name}:{name}")
        service.tasks[name] = task


async def _once_the_database_is_there(service: Service) -> None:
    """A database that is still coming up, or restarts, is waited for, with everything else ready to go."""
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + DATABASE_SECONDS, 0.2
    while True:
        try:
            if service.settings.migrate:
                await _migrate(service)
            await service.database.run(lambda tx: deployment.fix(tx, service.settings))
            await service.database.run(lambda tx: _make_partitions(service, tx))
            return
        except Exception as error:
            if not is_transient(error) or loop.time() > deadline:
                raise
            log.warning("database_not_reachable_yet", error=type(error).__name__, pause=pause)
            if await sleep_or_stop(service.stopping, pause):
                raise
            pause = min(pause * 1.5, 2.0)


async def _migrate(service: Service) -> None:
    """As the owner of the tables where one is named, which then gives the service's own role its rights."""
    settings = service.settings
    if settings.migration_database_url is None:
        await migrations.upgrade(service.migrations, settings.database_url)
    else:
        service_role = make_url(settings.database_url).username
        await migrations.upgrade(service.migrations, settings.migration_database_url, service_role)


def _kafka(service: Service) -> Broker:
    from shared.messaging.broker.kafka import KafkaBroker

    settings = service.settings
    embedded = settings.kafka_mode == "embedded"
    return KafkaBroker(
        settings.kafka,
        mode=settings.kafka_mode,
        topics={service.topic, *service.subscriptions.topics},
        partitions=4 if embedded else settings.kafka_partitions,
        replicas=1 if embedded else settings.kafka_replicas,
        access=settings.kafka_access,
    )


async def _supervised(name: str, work: Work, stop: asyncio.Event) -> None:
    """Nothing that runs beside HTTP may end unnoticed: it is started again after a pause that grows."""
    pause = 0.5
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await work(stop)
            return
        except Exception as error:
            if is_transient(error):
                log.warning("background_work_waits", work=name, error=type(error).__name__, pause=pause)
            else:
                log.exception("background_work_failed", work=name, pause=pause)
        if asyncio.get_running_loop().time() - began > 60:
            pause = 0.5
        await sleep_or_stop(stop, pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def _stop(service: Service, stops: dict[str, asyncio.Event]) -> None:
    """Tell some of what runs to stop, and cut short what does not in time."""
    for stop in stops.values():
        stop.set()
    tasks = {service.tasks.pop(name): name for name in stops}
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in late:
        log.warning("did_not_stop_in_time", work=tasks[task])
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=1.0)


async def _make_partitions(service: Service, tx: Transaction) -> None:
    await make_partitions(tx.raw, service.clock())


async def cut_log(service: Service) -> None:
    """Every service of the catalogue is asked; one that `PATRON_SERVICES` forgot does not answer, which keeps all."""
    others = sorted({*OWNERS.values(), *service.settings.services} - {service.name})
    subscribers = HttpSubscriberPositions(others, service.clients.post_json)
    await drop_old_months(service.database.for_long_work(), subscribers, service.settings.keep_days, service.clock())


async def _keep_house(service: Service, stop: asyncio.Event) -> None:
    """Every hour: partitions for the months to come, replies nobody will ask for again, months nobody needs."""
    while not await sleep_or_stop(stop, HOUSEKEEPING_SECONDS):
        try:
            await service.database.run(lambda tx: _make_partitions(service, tx))
            await service.database.for_long_work().run(lambda tx: idempotency.forget_old(tx, service.clock()))
            await cut_log(service)
        except Exception as error:
            if not is_transient(error):
                raise


async def _measure(service: Service, stop: asyncio.Event) -> None:
    """Feed the metrics with how the backbone stands."""
    while not await sleep_or_stop(stop, MEASURE_SECONDS):
        try:
            status = await service.database.run(lambda tx: read_status(tx, service.consumer))
            service.metrics.take_status(status)
        except Exception as error:
            if not is_transient(error):
                raise
