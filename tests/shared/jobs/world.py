"""A small world for tests of jobs: a job counts to `params["until"]`, and each number is a row that can be counted.

Counting one twice violates nothing in the schema, so that a test which forgot to look is not saved by a constraint.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from shared.jobs import CREATE_JOB_TABLE, Done, Job, JobKind, Jobs, Outcome, find_job, request_job
from shared.messaging import Database, Transaction
from tests.shared.messaging.world import until

__all__ = ["World", "count", "until"]

COUNTED = "create table counted (n bigint generated always as identity, job_id uuid, kind text, number int)"


async def make_tables(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(CREATE_JOB_TABLE)
    await connection.execute(COUNTED)
    await connection.close()


async def count(tx: Transaction, job: Job, prepared: Any = None) -> Outcome:
    """One number more."""
    number = (job.cursor or 0) + 1
    await tx.raw.execute("insert into counted (job_id, kind, number) values ($1, $2, $3)", job.id, job.kind, number)
    if number == job.params["until"]:
        return Done(1)
    return job.next(number, done=1)


@dataclass
class World:
    """The database and what background work sees of a service."""

    database: Database
    clients: Any = None
    settings: Any = None
    stops: list[asyncio.Event] = field(default_factory=list)

    async def ask(self, kind: str = "count", numbers: int = 3, **more: Any) -> Job:
        return await self.database.run(lambda tx: request_job(tx, kind, {"until": numbers}, by="somebody", **more))

    async def job(self, job_id: UUID) -> Job:
        job = await self.database.run(lambda tx: find_job(tx, job_id))
        assert job is not None
        return job

    async def counted(self, job_id: UUID | None = None) -> list[int]:
        """What has been counted, of one job or of all, in the order it was."""
        rows = await self.database.run(
            lambda tx: tx.raw.fetch(
                "select number from counted where $1::uuid is null or job_id = $1 order by n", job_id
            )
        )
        return [row["number"] for row in rows]

    async def order(self) -> list[UUID]:
        """The jobs in the order of the steps that were done."""
        rows = await self.database.run(lambda tx: tx.raw.fetch("select job_id from counted order by n"))
        return [row["job_id"] for row in rows]

    async def is_over(self, *jobs: Job) -> bool:
        return all([(await self.job(job.id)).finished for job in jobs])

    @asynccontextmanager
    async def running(self, *runners: Jobs) -> AsyncIterator[None]:
        """The runners' loops, told to stop at the end of the block."""
        stop = asyncio.Event()
        tasks = [asyncio.create_task(runner.work_on_jobs(self, stop)) for runner in runners]
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*tasks), 20)

    async def finish(self, kinds: Mapping[str, Any], *jobs: Job, runners: int = 1) -> None:
        async with self.running(*(Jobs(kinds, hold_seconds=0.05) for _ in range(runners))):
            await until(lambda: self.is_over(*jobs), "the jobs come to their end")


def with_prepare(prepare: Callable[[Any, Job], Awaitable[Any]]) -> JobKind:
    return JobKind(count, prepare=prepare)
