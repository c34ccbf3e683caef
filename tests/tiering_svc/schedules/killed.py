"""A process that looks for due runs and is killed: `python -m tests.tiering_svc.schedules.killed URL PLACE NTH`.

PLACE is where it dies, the NTH time it comes by: with SIGKILL, so that nothing is cleaned up.
"""

import asyncio
import sys
from uuid import UUID

from services.tiering_svc.schedules.domain.due_runs import DueRun
from services.tiering_svc.schedules.handlers import due_runs
from services.tiering_svc.schedules.repository import scheduled_runs
from shared.messaging import Database, Transaction
from tests.killer import Killer

PLACES = ("claimed", "requested", "before_commit", "after_commit")


async def main(url: str, place: str, nth: int) -> None:
    database, killer = Database(url), Killer(place, nth)
    claim_run, save_job = scheduled_runs.claim_run, scheduled_runs.save_job

    async def claim(tx: Transaction, due: DueRun) -> bool:
        claimed = await claim_run(tx, due)
        killer.at("claimed")
        return claimed

    async def save(tx: Transaction, due: DueRun, job_id: UUID | None, refused: str | None) -> None:
        killer.at("requested")
        await save_job(tx, due, job_id, refused)

    async def request_due(tx: Transaction) -> int:
        requested = await due_runs.request_due_runs(tx)
        killer.at("before_commit")
        tx.after_commit(lambda: killer.at("after_commit"))
        return requested

    scheduled_runs.claim_run = claim
    scheduled_runs.save_job = save
    while await database.run(request_due):
        pass
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
