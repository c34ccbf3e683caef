"""The runner of a service's jobs: one loop that starts what is ready, woken by who asks, and a task for each job."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import httpx
import structlog

from shared.errors import DomainError
from shared.jobs import store
from shared.jobs.job import Job, Outcome
from shared.messaging import Database, Transaction, new_id
from shared.messaging.backoff import sleep_or_stop
from shared.messaging.database.failures import is_transient
from shared.messaging.pulse import Pulse
from shared.messaging.tracing import traceparent_of, work_of_its_own

log = structlog.get_logger(__name__)

SHORTEST_PAUSE_SECONDS = 0.02  # just after a step: somebody waits for the run
LONGEST_PAUSE_SECONDS = 2.0
HOLD_SECONDS = 2.0  # so long a job stays with the process that did its last step
OVERTAKEN_SECONDS = 0.25


class RunningService(Protocol):
    """What jobs need of the service they belong to (the chassis's `Service` is one)."""

    @property
    def database(self) -> Database: ...

    @property
    def clients(self) -> Any: ...

    @property
    def settings(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job has besides its transaction.

    `memory` is what this process keeps between the steps of one kind: batch sizes, what never changes and is dear to
    read. Never facts: another process goes on without it.
    """

    database: Database
    clients: Any
    settings: Any
    memory: dict[str, Any]


Step = Callable[..., Awaitable[Outcome]]
Prepare = Callable[[JobContext, Job], Awaitable[Any]]
WhenDue = Callable[[Transaction, JobContext], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class JobKind:
    """How one kind of job is done.

    `step(tx, job)` does one batch and says what came of it. With `prepare(context, job)`, which reads, asks other
    services or computes for as long as it takes, outside of the step's transaction, it is `step(tx, job, prepared)`.
    `when_due(tx, context)` is called at every look, every two seconds or so, and asks for jobs whose time has come.
    `at_once` is how many jobs of the kind (in different lanes) one process works on side by side.
    """

    step: Step
    prepare: Prepare | None = None
    when_due: WhenDue | None = None
    at_once: int = 1


class Jobs:
    """The table of contents of a service's jobs, kind -> how it is done, and what runs them."""

    def __init__(self, kinds: Mapping[str, JobKind | Step], *, hold_seconds: float = HOLD_SECONDS) -> None:
        self.kinds = {name: kind if isinstance(kind, JobKind) else JobKind(kind) for name, kind in kinds.items()}
        self.worker: UUID = new_id()
        self.hold_seconds = hold_seconds
        self.pulse = Pulse()  # of the loop that looks for what is ready; a step takes the time it takes
        self._memory: dict[str, dict[str, Any]] = {name: {} for name in self.kinds}

    async def work_on_jobs(self, service: RunningService, stop: asyncio.Event) -> None:
        """The loop of a running service: start what is ready, wait to be woken or for something to end, look again.

        Told to stop, each job ends the step it is in.
        """
        woken = service.database.wakeup(store.WAKE)
        at_work: dict[UUID, tuple[str, asyncio.Task[None]]] = {}
        pause = LONGEST_PAUSE_SECONDS
        try:
            while not stop.is_set():
                woken.clear()
                pause = min(1.2 * pause, LONGEST_PAUSE_SECONDS)
                self.pulse.beat()
                try:
                    for job in await self._list_startable(service, at_work):
                        task = asyncio.create_task(self._work_on(service, job, stop), name=f"job:{job.kind}")
                        at_work[job.id] = job.kind, task
                    self.pulse.works()
                except Exception as error:
                    self.pulse.fails(type(error).__name__)
                    _log_stumble("jobs_looked_for_in_vain", error)
                if await _rings(woken, stop, [task for _, task in at_work.values()], pause):
                    pause = SHORTEST_PAUSE_SECONDS
                for job_id in [job_id for job_id, (_, task) in at_work.items() if task.done()]:
                    del at_work[job_id]
        except BaseException:
            for _, task in at_work.values():
                task.cancel()
            raise
        finally:
            if at_work:
                await asyncio.gather(*(task for _, task in at_work.values()), return_exceptions=True)

    async def advance(self, service: RunningService, kind: str | None = None) -> bool:
        """One step of the oldest job that is ready (of one kind, or of all). False: nothing could be done.

        For tests and tools; errors are raised, and are not counted as tries.
        """
        for job in await self._list_startable(service, {}, only=kind):
            after = await self._step(service, job)
            if after is not None and after.steps > job.steps:
                return True
        return False

    async def finish_all(self, service: RunningService, kind: str | None = None) -> None:
        """Step by step until nothing more can be done. For tests and tools; errors are raised."""
        moved = True
        while moved:
            moved = False
            for job in await self._list_startable(service, {}, only=kind):
                seen, after = job, await self._step(service, job)
                while after is not None and after.steps > seen.steps:
                    moved = True
                    if after.finished:
                        break
                    seen, after = after, await self._step(service, after)

    async def _list_startable(
        self, service: RunningService, at_work: Mapping[UUID, tuple[str, Any]], only: str | None = None
    ) -> list[Job]:
        """What is to be started now: of each kind no more than may run at once."""
        busy = Counter(kind for kind, _ in at_work.values())
        free = {name: kind.at_once - busy[name] for name, kind in self.kinds.items() if only in (None, name)}

        async def list_startable(tx: Transaction) -> list[Job]:
            for name in free:
                if (when_due := self.kinds[name].when_due) is not None:
                    await when_due(tx, self._context(service, name))
            kinds = [name for name, places in free.items() if places > 0]
            return await store.list_ready(tx, kinds, list(at_work), self.worker)

        ready: list[Job] = []
        for job in await service.database.run(list_startable):
            if free[job.kind] > 0:
                free[job.kind] -= 1
                ready.append(job)
        return ready

    async def _work_on(self, service: RunningService, job: Job, stop: asyncio.Event) -> None:
        """One job, step by step, until it has come to its end, another process has it, or it has to be tried later."""
        pause = SHORTEST_PAUSE_SECONDS
        while not stop.is_set():
            try:
                after = await self._step(service, job)
            except Exception as error:
                if not _passes_by_itself(error):
                    await self._fail(service, job, error)
                    return
                _log_stumble("job_waits", error, kind=job.kind, job_id=str(job.id))
                after = job
            if after is None:  # another process was quicker, or somebody has cancelled it
                await sleep_or_stop(stop, OVERTAKEN_SECONDS)
                return
            if after.finished:
                return
            if after.steps > job.steps:
                pause = SHORTEST_PAUSE_SECONDS
            else:
                await sleep_or_stop(stop, pause)
                pause = min(1.2 * pause, LONGEST_PAUSE_SECONDS)
            job = after

    def _context(self, service: RunningService, kind: str) -> JobContext:
        return JobContext(service.database.for_long_work(), service.clients, service.settings, self._memory[kind])

    async def _step(self, service: RunningService, job: Job) -> Job | None:
        """The job after one more step. The same: it has to wait. None: it is no longer as it was seen."""
        with work_of_its_own(f"job {job.kind}", traceparent_of(job.id), {"steps": job.steps}):
            return await self._step_in_trace(service, job)

    async def _step_in_trace(self, service: RunningService, job: Job) -> Job | None:
        kind = self.kinds[job.kind]
        prepared = () if kind.prepare is None else (await kind.prepare(self._context(service, job.kind), job),)

        async def attempt(tx: Transaction) -> Job | None:
            current = await store.lock_job(tx, job)
            if current is None:
                return None
            outcome = await kind.step(tx, current, *prepared)
            return await store.save_outcome(tx, current, outcome, self.worker, self.hold_seconds)

        return await service.database.for_long_work().run(attempt)

    async def _fail(self, service: RunningService, job: Job, error: Exception) -> None:
        code = error.code if isinstance(error, DomainError) else type(error).__name__
        log.error("job_step_failed", kind=job.kind, job_id=str(job.id), error=repr(error)[:300])
        try:
            after = await service.database.run(lambda tx: store.save_failure(tx, job, code))
        except Exception as second:
            _log_stumble("job_failure_not_kept", second, kind=job.kind, job_id=str(job.id))
            return
        if after is not None and after.finished:
            log.error("job_failed", kind=job.kind, job_id=str(job.id), error=code)


def _passes_by_itself(error: Exception) -> bool:
    """The database or another service is out of reach, or somebody was in the way: no fault of the job."""
    return is_transient(error) or isinstance(error, httpx.HTTPError)


def _log_stumble(event: str, error: Exception, **facts: str) -> None:
    log.warning(event, error=type(error).__name__, **facts)


async def _rings(woken: asyncio.Event, stop: asyncio.Event, tasks: "list[asyncio.Task[None]]", seconds: float) -> bool:
    """Wait until woken, told to stop, one of the tasks has ended, or for so long. False: for so long."""
    waiting = [asyncio.create_task(event.wait()) for event in (woken, stop)]
    try:
        over, _ = await asyncio.wait([*waiting, *tasks], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    return bool(over)
