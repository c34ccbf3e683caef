"""A system whose schedules have been in force since an instant, as if it had been installed then and stood still."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.schedules.handlers import due_runs
from services.tiering_svc.schedules.repository import scheduled_runs
from services.tiering_svc.schedules.repository.rules import RUN_SCHEDULES
from services.tiering_svc.schedules.repository.scheduled_runs import ScheduledRun
from shared.messaging import Database, Transaction
from shared.rule_sets import activate_version, load_in_force, load_version, write_version

OFF = {"recurrence": {"every": "off"}}
ALL_OFF: dict[str, Any] = {
    "review": OFF | {"as_of": "due", "apply": True},
    "warning_sweep": OFF | {"as_of": "due"},
    "risk_sweep": OFF,
    "assessment": OFF,
    "lifetime_values": OFF | {"as_of": "due"},
}


async def install(database: Database, at: datetime) -> None:
    """Nothing that was due before `at` counts; all after it does."""

    async def date_back(tx: Transaction) -> None:
        await tx.raw.execute("set local session_replication_role = replica")  # history is never changed otherwise
        await tx.raw.execute("update rule_set_step set at = $1 where kind = $2", at, RUN_SCHEDULES.name)

    await database.run(date_back)


async def shipped(database: Database) -> dict[str, Any]:
    """The document in force."""
    in_force = await database.run(lambda tx: load_in_force(tx, RUN_SCHEDULES))
    version = await database.run(lambda tx: load_version(tx, RUN_SCHEDULES, in_force.id, in_force.version))
    return dict(version.document)


async def put_schedules_in_force(database: Database, document: dict[str, Any], at: datetime | None = None) -> None:
    """A new version, without its approval's ceremony, in force from `at`."""
    written = await database.run(lambda tx: write_version(tx, RUN_SCHEDULES, document, "analyst-1"), at=at)
    await database.run(lambda tx: activate_version(tx, RUN_SCHEDULES, written.id, written.version, "head-1"), at=at)


async def request_due(database: Database, at: datetime | None = None) -> int:
    """What is due is requested."""
    return await database.run(due_runs.request_due_runs, at=at)


async def list_all(database: Database, kind: str | None = None) -> list[ScheduledRun]:
    """What was requested, the first due first."""
    runs = await database.run(lambda tx: scheduled_runs.list_runs(tx, kind, None, 1000))
    return runs[::-1]


async def job_ids_in_lane_order(database: Database, kind: str) -> list[UUID]:
    """In the order in which the jobs of a kind are worked on."""
    rows = await database.run(
        lambda tx: tx.raw.fetch("select id from job where lane = $1 order by requested_at, id", kind)
    )
    return [row["id"] for row in rows]
