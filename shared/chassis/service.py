"""A service's parts: `Service` holds them, `Ports` replace the outside world in tests."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request

from shared.chassis.access.identity import Actor
from shared.chassis.access.tokens import Signer, Verifier
from shared.chassis.clients import Clients, Transport
from shared.chassis.observability.metrics import Metrics
from shared.chassis.observability.security_log import SecurityLog
from shared.chassis.settings import ServiceSettings
from shared.messaging import Database, Subscriptions, Timers
from shared.messaging.broker.interface import Broker
from shared.messaging.database.outbox_writer import OutboxRow
from shared.messaging.database.transaction import Clock, system_clock
from shared.messaging.inbox.consumer import ConsumerLoop
from shared.messaging.inbox.inbox import Inbox
from shared.messaging.inbox.pull_on_demand import PullOnDemand
from shared.messaging.inbox.timing import ConsumerTiming
from shared.messaging.outbox.relay import Relay
from shared.messaging.pulse import JointPulse, Pulse
from shared.messaging.seal import KeyRingFile

Authenticate = Callable[[Request, "Service"], Awaitable[Actor]]
Background = Callable[["Service", asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ports:
    """What a test puts in the place of the outside world. The defaults are the real one."""

    broker: Broker | None = None
    transport: Transport | None = None  # service name -> httpx transport to it
    clock: Clock = system_clock
    database: Database | None = None
    running: bool = True  # False: HTTP only; no migration, relay, consumer, timers, background
    logs: bool = True  # False: the process's logging stays as it is
    timing: ConsumerTiming | None = None
    partitions: int | None = None


@dataclass(slots=True)
class Service:
    """A service's parts, at `request.app.state.service`."""

    name: str
    settings: ServiceSettings
    topic: str
    database: Database
    clock: Clock
    clients: Clients
    signer: Signer
    verifier: Verifier
    key_ring: KeyRingFile
    authenticate: Authenticate
    metrics: Metrics
    subscriptions: Subscriptions
    timers: Timers
    inbox: Inbox
    migrations: Path
    ports: Ports
    background: tuple[Background, ...] = ()
    relay: Relay | None = None
    consumer: ConsumerLoop | None = None
    pull_on_demand: PullOnDemand | None = None  # where no consumer runs nothing becomes known
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: "dict[str, asyncio.Task[None]]" = field(default_factory=dict)
    pulses: dict[str, Pulse | JointPulse] = field(default_factory=dict)  # of what runs, and of the database
    security_log: SecurityLog = field(init=False)

    def __post_init__(self) -> None:
        self.security_log = SecurityLog(self.metrics.security_events)

    def hand_to_relay(self, rows: Sequence[OutboxRow]) -> None:
        """These were announced. Databases call this after each commit; nobody else needs to."""
        if self.relay is not None:
            self.relay.hand_over(rows)
