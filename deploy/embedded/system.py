"""The whole system: Postgres, the broker and five services, started in order, watched, stopped in the reverse order."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from deploy.embedded.broker import EmbeddedBroker
from deploy.embedded.databases import ServiceDatabases, database_of
from deploy.embedded.failures import StartFailed
from deploy.embedded.keys import OPERATOR, ensure_keys
from deploy.embedded.ports import KeptPorts
from deploy.embedded.postgres import EmbeddedPostgres
from deploy.embedded.processes import ProcessId, tail
from deploy.embedded.service import FAULT, SERVICES, ServiceProcess, environment, url_of
from deploy.embedded.state import DataDirLock, Running, State, end_leftovers
from deploy.embedded.watch import Patience, Watch

PREFERRED_GATEWAY_PORT = 8000


def internal(service: str) -> str:
    """The name that a service's internal port is kept under."""
    return f"{service}.internal"


class System:
    """One embedded system on one data directory.

    `env` goes to every service, `service_env` to one of them: `{"tiering": {"PATRON_FAULT": "..."}}`.
    `kafka` names an Apache Kafka to use instead of the embedded broker. `patience` is the watch's.
    """

    def __init__(
        self,
        data_dir: Path | str,
        gateway_port: int | None = None,
        *,
        env: Mapping[str, str] | None = None,
        service_env: Mapping[str, Mapping[str, str]] | None = None,
        services: Sequence[str] = SERVICES,
        kafka: str | None = None,
        supervise: bool = True,
        say: Callable[[str], None] = lambda _: None,
        patience: Patience | None = None,
    ) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.postgres = EmbeddedPostgres(self.data_dir)
        self.databases = ServiceDatabases(self.postgres)
        self.broker = EmbeddedBroker(self.data_dir)
        self.services: dict[str, ServiceProcess] = {}
        self._names = tuple(services)
        self._gateway_port = gateway_port
        self._env = dict(env or {})
        self._service_env = {name: dict(extra) for name, extra in (service_env or {}).items()}
        self._kafka = kafka
        self._supervise = supervise
        self._say = say
        self._phase = "starting"
        self._lock = DataDirLock(self.data_dir)
        self._writing = threading.Lock()
        self._watch = Watch(self, say, patience)

    # --- what is where ---

    @property
    def urls(self) -> dict[str, str]:
        return {name: url_of(service.port) for name, service in self.services.items()}

    @property
    def internal_urls(self) -> dict[str, str]:
        """Where /internal and /metrics of each service answer."""
        return {name: url_of(service.internal_port) for name, service in self.services.items()}

    @property
    def gateway_url(self) -> str:
        return self.urls["gateway"]

    @property
    def keys(self) -> Path:
        return self.data_dir / "keys"

    @property
    def kafka(self) -> str:
        return self._kafka or self.broker.address

    @property
    def parts(self) -> dict[str, EmbeddedPostgres | EmbeddedBroker | ServiceProcess]:
        """Everything that runs, in the order of starting."""
        broker: dict[str, EmbeddedBroker] = {} if self._kafka else {"broker": self.broker}
        return {"postgres": self.postgres, **broker, **self.services}

    @property
    def pids(self) -> dict[str, int]:
        return {name: part.pid for name, part in self.parts.items() if part.pid is not None}

    # --- life ---

    def start(self, timeout: float = 240) -> None:
        """Returns when every service is ready; stops what it started when one does not come up."""
        self._lock.take()
        try:
            for name in end_leftovers(self.data_dir):
                self._say(f"{name} was left over from a start that was killed; stopped it")
            self._start_parts(time.monotonic() + timeout)
        except BaseException:
            self.stop()
            raise
        self._enter("ready")
        if self._supervise:
            self._watch.start()

    def stop(self) -> None:
        """Services first (the gateway lets go of the callers), then the broker, then Postgres."""
        self._watch.stop()
        if self.services or self.postgres.running:
            self._enter("stopping")
        for group in (("gateway",), tuple(name for name in self.services if name != "gateway")):
            present = [self.services[name] for name in group if name in self.services]
            for service in present:
                service.ask_to_stop()
            for service in present:
                service.stop()
        self.broker.stop()
        self.postgres.stop()
        if self._phase == "stopping":
            self._enter("stopped")
        self._lock.release()

    def kill(self, name: str) -> None:
        """kill -9 of `postgres`, `broker` or a service; it stays down until `restart(name)`."""
        with self._watch.hands_off(name):
            self._watch.leave_down(name)
            self.parts[name].kill()
            self._write_state()

    def restart(self, name: str, env: Mapping[str, str] | None = None, timeout: float = 60) -> None:
        """Starts one part again, after `kill` or while it runs. `env` replaces what `service_env` said for it."""
        with self._watch.hands_off(name):
            part = self.parts[name]
            if part.running:
                part.stop()
            if isinstance(part, ServiceProcess):
                if env is not None:
                    self._service_env[name] = dict(env)
                part.env = self._environment(name)
            part.start()
            if isinstance(part, ServiceProcess):
                self.wait_ready([part], time.monotonic() + timeout)
            self._watch.keep_up(name)
            self._write_state()

    def revive(self, name: str) -> None:
        """The watch's way: start what crashed, without waiting. A fault point has then done its work and is off."""
        part = self.parts[name]
        if isinstance(part, ServiceProcess):
            part.env.pop(FAULT, None)
        part.start()
        self._write_state()

    def wait_ready(self, services: Sequence[ServiceProcess], deadline: float) -> None:
        waiting = list(services)
        while waiting:
            for service in waiting:
                if not service.running:
                    raise StartFailed(
                        f"{service.name} stopped while starting (exit code {service.exit_code}); "
                        f"the end of {service.log}:\n{tail(service.log)}"
                    )
            waiting = [service for service in waiting if not service.ready()]
            if waiting and time.monotonic() > deadline:
                late = waiting[0]
                raise StartFailed(f"{late.name} was not ready in time; the end of {late.log}:\n{tail(late.log)}")
            if waiting:
                time.sleep(0.1)

    # --- inside ---

    def _start_parts(self, deadline: float) -> None:
        ensure_keys(self.keys, (*SERVICES, OPERATOR))
        # Ports first: one that is asked for and taken is said at once.
        ports = self._choose_ports()
        self._say("starting PostgreSQL")
        self.postgres.start()
        self.databases.ensure(self._names)
        if not self._kafka:
            self._say("starting the broker")
            self.broker.start()
        for part in (self.postgres, self.broker):
            if part.note:
                self._say(part.note)
        self._write_state()
        self._say("starting the services")
        for name in self._names:
            log = self.data_dir / "logs" / f"{name}.log"
            self.services[name] = ServiceProcess(name, ports[name], ports[internal(name)], log, {})
        for name, service in self.services.items():
            service.env = self._environment(name)
            service.start()
        self._enter("starting")
        self.wait_ready(list(self.services.values()), deadline)

    def _choose_ports(self) -> dict[str, int]:
        kept = KeptPorts(self.data_dir / "ports.json")
        names = [*(name for name in SERVICES if name != "gateway"), *map(internal, SERVICES)]
        return {name: kept.choose(name) for name in names} | {
            "gateway": kept.choose("gateway", demanded=self._gateway_port, preferred=PREFERRED_GATEWAY_PORT)
        }

    def _environment(self, name: str) -> dict[str, str]:
        fixed = environment(
            name,
            database_url=self.databases.url(name),
            migration_database_url=self.databases.owner_url(name),
            kafka=self.kafka,
            kafka_mode="groups" if self._kafka else "embedded",
            ports={other: service.port for other, service in self.services.items()},
            internal_ports={other: service.internal_port for other, service in self.services.items()},
            keys=self.keys,
        )
        return fixed | self._env | self._service_env.get(name, {})

    def _enter(self, phase: str) -> None:
        self._phase = phase
        self._write_state()

    def _write_state(self) -> None:
        with self._writing:  # parts are revived side by side
            self._write_state_alone()

    def _write_state_alone(self) -> None:
        processes: dict[str, Running] = {}
        for name, part in self.parts.items():
            process = ProcessId.of(part.pid) if part.pid is not None else None
            if process is not None:
                processes[name] = Running(
                    pid=process.pid, started=process.started, port=part.port, url=self.urls.get(name)
                )
        own = ProcessId.of(os.getpid())
        State(
            phase=self._phase,
            supervisor=Running(pid=os.getpid(), started=own.started if own else 0),
            kafka=self.kafka,
            kafka_mode="groups" if self._kafka else "embedded",
            services=self.urls,
            internal=self.internal_urls,
            databases={name: database_of(name) for name in self._names},
            processes=processes,
        ).write(self.data_dir)

    # --- as a context ---

    def __enter__(self) -> "System":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> "System":
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)
