"""A process that works on jobs and is killed: `python -m tests.shared.jobs.killed URL PLACE NTH`.

PLACE is where it dies, the NTH time it comes by: with SIGKILL, so that nothing is cleaned up.
"""

import asyncio
import sys
from typing import Any

from shared.jobs import Job, JobKind, Jobs, Outcome
from shared.messaging import Database, Transaction
from tests.killer import Killer
from tests.shared.jobs.world import World, count

PLACES = ("before_step", "in_step", "before_commit", "after_commit")


class JobKiller(Killer):
    """At the steps of a job."""

    async def prepare(self, context: Any, job: Job) -> None:
        self.at("before_step")

    async def step(self, tx: Transaction, job: Job, prepared: None) -> Outcome:
        self.at("in_step")
        outcome = await count(tx, job)
        self.at("before_commit")
        tx.after_commit(lambda: self.at("after_commit"))
        return outcome


async def main(url: str, place: str, nth: int) -> None:
    database = Database(url)
    killer = JobKiller(place, nth)
    kind = JobKind(killer.step, prepare=killer.prepare)
    await Jobs({"count": kind, "other": kind}, hold_seconds=0).finish_all(World(database))
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
