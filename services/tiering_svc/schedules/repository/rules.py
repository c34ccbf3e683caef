"""The schedules of runs: one document in versions, and when which version was in force."""

from datetime import datetime
from uuid import UUID

from services.tiering_svc.schedules.domain.due_runs import SchedulePeriod
from services.tiering_svc.schedules.domain.run_schedule import read_run_schedules
from shared.messaging import Transaction
from shared.rule_sets import RuleSetKind, list_intervals, list_rules

RUN_SCHEDULES = RuleSetKind(
    "run-schedules",
    read=lambda version: read_run_schedules(version.document, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000207"),
)


async def list_periods(tx: Transaction) -> list[SchedulePeriod]:
    """When which version of the schedules is or was in force, by beginnings. What is shipped counts from when the
    database was made, not from ever: nothing is caught up of the time before."""
    intervals = await list_intervals(tx, RUN_SCHEDULES)
    rules = await list_rules(tx, RUN_SCHEDULES, [(i.id, i.version) for i in intervals])
    made_at: datetime = await tx.raw.fetchval("select min(at) from rule_set_step where kind = $1", RUN_SCHEDULES.name)
    return [
        SchedulePeriod(i.version, max(i.effective_from, made_at), i.effective_to, rules[i.id, i.version])
        for i in intervals
    ]
